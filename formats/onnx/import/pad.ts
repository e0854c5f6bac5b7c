import { show } from '../../../lib/errors.ts';
import type { PaddingMode } from '../../../lib/geometry.ts';
import { PadChannels } from '../../../modules/historic/padChannels.ts';
import { Pad2D } from '../../../modules/pad2d.ts';
import { cellsOf } from './cells.ts';
import type { Importer, ImportNode } from './node.ts';
import { newAxis, sizeOf, type Activation, type Atom } from './views.ts';

/** The importer of Pad. */
export const PAD: Readonly<Record<string, Importer>> = {
  async Pad(at) {
    const given = at.activation(0);
    const rank = given.file.length;
    const list = (await at.integers(1, at.has('paddings') ? 'paddings' : 'pads')) ?? [];
    const value = at.has('value') ? at.number('value', 0) : ((await at.single(2)) ?? 0);
    const axes = (await at.integers(3)) ?? Array.from({ length: rank }, (_, k) => k);
    if (list.length !== 2 * axes.length || !list.every((size) => Math.abs(size) <= 2 ** 17))
      throw at.fail(`expected ${2 * axes.length} pads, got ${show([...list])}`);
    const pads = new Array<number>(2 * rank).fill(0);
    axes.forEach((axis, k) => {
      pads[at.axis(axis, rank)] = list[k];
      pads[rank + at.axis(axis, rank)] = list[axes.length + k];
    });
    const mode = at.text('mode', 'constant');
    const input = cropped(at, given, pads, mode);
    if (pads.every((size) => size <= 0)) return input;
    const isPadded = (_: number, axis: number) => pads[axis] > 0 || pads[rank + axis] > 0;
    const padded = [...input.file.keys()].filter(isPadded);
    const MODES: Readonly<Record<string, PaddingMode>> = { constant: 'zeros', reflect: 'reflect', edge: 'replicate', wrap: 'circular' }; // prettier-ignore
    const known = MODES[mode];
    if (known === undefined)
      throw at.fail(
        `expected mode to be one of ${Object.keys(MODES).join(', ')}, got ${show(mode)}`,
      );
    if (padded.every((axis) => axis === 1) && pads[1] <= 0 && mode === 'constant' && value === 0) {
      const { value: last, order } = at.featuresLast(input);
      if (order === input.file[1]) {
        const { name, shape } = at.emit(new PadChannels(pads[rank + 1]), last);
        const more = newAxis(shape[shape.length - 1]);
        const swap = (axis: readonly Atom[]) => (axis === input.file[1] ? more : axis);
        const stored = [...last.stored.slice(0, -1), more];
        return { kind: 'activation', name, file: last.file.map(swap), stored };
      }
    }
    const rest = [...input.file.keys()].filter((axis) => axis > 0 && !padded.includes(axis));
    if (padded.length > 2 || padded.includes(0))
      throw at.fail(`expected pads of at most two axes without the batch, got ${show(pads)}`);
    // `Pad2D` pads the rows and columns of images. So the padded axes become rows and columns, and
    // all other axes become channels.
    const isMap = rank === 4 && input.stored.length === 4 && padded.length > 0;
    const own = isMap && isPositions(input, padded) ? positionsIn(input) : undefined;
    const [rows, columns] = own ?? [
      padded.length === 2 ? padded[0] : undefined,
      padded.at(-1) ?? 1,
    ];
    const channels = own ? input.file.findIndex((axis) => axis === input.stored[3]) : undefined;
    const others = channels === undefined ? rest.map((axis) => input.file[axis]).flat() : input.file[channels]; // prettier-ignore
    const axisOf = (axis: number | undefined) => (axis === undefined ? [] : input.file[axis]);
    const wanted = [input.file[0], axisOf(rows), axisOf(columns), others];
    const sides = (axis: number | undefined): [number, number] =>
      axis === undefined ? [0, 0] : [Math.max(pads[axis], 0), Math.max(pads[rank + axis], 0)];
    const box = new Pad2D([sides(rows), sides(columns)], { mode: known, value });
    const { name, shape } = at.emit(box, at.arranged(input, wanted));
    const file = input.file.map((axis, k) =>
      k === rows ? newAxis(shape[1]) : k === columns ? newAxis(shape[2]) : axis,
    );
    const stored = [file[0], rows === undefined ? [] : file[rows], file[columns], others];
    return { kind: 'activation', name, file, stored };
  },
};

/**
 * Returns the axes of the file that are the rows and columns of the network's images, or −1 where
 * there is none.
 */
function positionsIn({ file, stored }: Activation): [number, number] {
  const at = (k: number) => file.findIndex((axis) => axis === stored[k]);
  return [at(1), at(2)];
}

/** Returns whether all padded axes are rows or columns of the network's images. */
function isPositions(input: Activation, padded: readonly number[]): boolean {
  const positions = positionsIn(input);
  return !positions.includes(-1) && padded.every((axis) => positions.includes(axis));
}

/** Cuts off cells at the ends of axes whose pads are below 0. */
function cropped(
  at: ImportNode,
  input: Activation,
  pads: readonly number[],
  mode: string,
): Activation {
  if (pads.every((size) => size >= 0)) return input;
  const rank = input.file.length;
  if (mode !== 'constant' || pads[0] < 0 || pads[rank] < 0)
    throw at.fail(
      `expected pads below 0 only in the mode constant and without the batch, got ${show([...pads])} in the mode ${show(mode)}`,
    );
  return input.file.reduce((value, own, axis) => {
    const [before, after] = [Math.max(-pads[axis], 0), Math.max(-pads[rank + axis], 0)];
    const left = sizeOf(own) - before - after;
    if (before + after === 0) return value;
    if (left < 1)
      throw at.fail(`expected pads that leave a cell of each axis, got ${show([...pads])}`);
    const cells = Array.from({ length: left }, (_, i) => before + i);
    return cellsOf(at, value, axis, cells, `${at.label}_crop`);
  }, input);
}
