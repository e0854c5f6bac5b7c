import { Gather } from '../../../modules/gather.ts';
import { Slice } from '../../../modules/slice.ts';
import type { ImportNode } from './node.ts';
import { channelsLast, newAxis, sameAtoms, sizeOf, type Activation, type Atom } from './views.ts';

/**
 * Takes cells along one axis of the file, which is not the batch.
 *
 * @param indices the cells, in any order and any number of times.
 */
export function cellsOf(
  at: ImportNode,
  input: Activation,
  axis: number,
  indices: readonly number[],
  label = at.label,
): Activation {
  const size = sizeOf(input.file[axis]);
  const step = indices.length > 1 ? indices[1] - indices[0] : 1;
  const isRun = step > 0 && indices.every((index, i) => index === indices[0] + step * i);
  if (isRun && indices.length === size) return input;
  const end = indices[indices.length - 1] + 1;
  const slice = (place: number, cells: number) =>
    new Slice(place, { begin: indices[0] * cells, end: end * cells, step });
  const outer = isRun && step === 1 ? outermost(input, axis) : undefined;
  if (outer !== undefined) {
    // The cells of an outermost part of a stored axis lie next to each other.
    const { place, rest } = outer;
    const taken = newAxis(indices.length);
    const { name } = at.emit(slice(place, sizeOf(rest)), input, label);
    return replaced({ ...input, name }, axis, taken, place, [...taken, ...rest]);
  }
  const { value, place } = alone(at, input, axis);
  const { name } = at.emit(isRun ? slice(place, 1) : new Gather(place, indices), value, label);
  const taken = newAxis(indices.length);
  return replaced({ ...value, name }, axis, taken, place, taken);
}

/** Repeats an axis of size 1, so that it gets another size. */
export function repeated(
  at: ImportNode,
  input: Activation,
  axis: number,
  size: number,
  label = `${at.label}_repeat`,
): Activation {
  return cellsOf(at, input, axis, new Array<number>(size).fill(0), label);
}

/** Replaces an axis in both views. */
function replaced(
  value: Activation,
  axis: number,
  own: readonly Atom[],
  place: number,
  stored: readonly Atom[],
): Activation {
  return {
    kind: 'activation',
    name: value.name,
    file: value.file.map((old, k) => (k === axis ? own : old)),
    stored: value.stored.map((old, k) => (k === place ? stored : old)),
  };
}

/**
 * Returns the axis of the network's tensor whose first atoms are those of an axis of the file, and
 * the other atoms of that axis.
 */
function outermost({ file, stored }: Activation, axis: number) {
  const own = file[axis];
  if (own.length === 0) return undefined;
  const place = stored.findIndex((atoms, k) => k > 0 && sameAtoms(atoms.slice(0, own.length), own));
  return place < 0 ? undefined : { place, rest: stored[place].slice(own.length) };
}

/** Rearranges a value so that an axis of the file is an axis of the network's tensor. */
function alone(at: ImportNode, input: Activation, axis: number) {
  const { file, stored } = input;
  const own = file[axis];
  const find = ({ stored: axes }: Activation) =>
    axes.findIndex((atoms, k) => k > 0 && sameAtoms(atoms, own));
  if (find(input) > 0) return { value: input, place: find(input) };
  // If the atoms lie next to each other in one axis, that axis is divided, which moves no data.
  const inside = stored.map((atoms) => atoms.indexOf(own[0]));
  const around = inside.findIndex((first, k) => k > 0 && first >= 0 && sameAtoms(stored[k].slice(first, first + own.length), own)); // prettier-ignore
  if (own.length > 0 && around > 0) {
    const [atoms, first] = [stored[around], inside[around]];
    const parts = [atoms.slice(0, first), own, atoms.slice(first + own.length)];
    const divided = parts.filter((part) => part === own || part.length > 0);
    const wanted = [...stored.slice(0, around), ...divided, ...stored.slice(around + 1)];
    const value = at.arranged(input, wanted);
    return { value, place: find(value) };
  }
  // Images keep their channels last, and all other values get the order of the file.
  const wanted = file.length === 4 ? channelsLast(file) : file;
  const order = file.length === 4 ? [0, 3, 1, 2] : [...file.keys()];
  const value = at.arranged(input, wanted);
  // A batch that was joined with other axes is apart now.
  return { value, place: order[axis] + value.stored.length - file.length };
}
