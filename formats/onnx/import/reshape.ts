import { show } from '../../../lib/errors.ts';
import { numElements } from '../../../lib/shapes.ts';
import type { ImportNode } from './node.ts';
import {
  isBatch,
  newAxis,
  regrouped,
  shapeOf,
  sizeOf,
  type Activation,
  type Axes,
  type Constant,
  type Entry,
} from './views.ts';

/** Reshapes a constant. */
export function reshapedConstant(
  at: ImportNode,
  value: Constant,
  entries: readonly Entry[],
): Constant {
  const sizes = entries.map((entry, k) => (entry === 'batch' ? 1 : entry === 0 ? (value.dims[k] ?? 0) : entry)); // prettier-ignore
  const known = numElements(sizes.filter((size) => size !== -1));
  const dims = sizes.map((size) => (size === -1 ? numElements(value.dims) / known : size));
  if (numElements(dims) === numElements(value.dims)) return { ...value, dims };
  throw at.fail(
    `expected a shape of ${numElements(value.dims)} elements, got ${show([...entries])}`,
  );
}

/**
 * Reshapes a value. If possible, only its file view changes, and its atoms form other axes. If an
 * atom would have to be divided unevenly, the network's tensor is reshaped too, in the order of the
 * file.
 */
export function reshaped(
  at: ImportNode,
  input: Activation,
  entries: readonly Entry[],
  allowZero: boolean,
): Activation {
  const { file } = input;
  const elements = sizeOf(file.flat().filter((atom) => !atom.isBatch));
  const target = entries.map((entry, k): Entry => {
    if (entry !== 0 || allowZero) return entry;
    const axis = file[k] ?? [];
    return isBatch(axis) ? 'batch' : sizeOf(axis);
  });
  const isSize = (entry: Entry) =>
    entry === 'batch' || entry === -1 || (Number.isSafeInteger(entry) && entry > 0);
  const open = target.filter((entry) => entry === -1).length;
  if (!target.every(isSize) || open > 1)
    throw at.fail(`expected a shape of positive integers and one -1, got ${show([...entries])}`);
  const found = batchOf(target, file, elements);
  if (found === undefined) {
    throw at.fail(
      `expected a shape that keeps the batch apart, got ${show([...entries])} for ${show(shapeOf(file))}`,
    );
  }
  const { batchAt, joined, ahead } = found;
  const rest = target.map((entry, k) => (k === batchAt || entry === 'batch' ? 1 : entry));
  const known = product(rest);
  const sizes = rest.map((size, k) => (k === batchAt ? joined : size === -1 ? elements / known : size)); // prettier-ignore
  if (!sizes.every(Number.isInteger) || numElements(sizes) !== elements) {
    throw at.fail(
      `expected a shape of ${elements} elements per example, got ${show([...entries])}`,
    );
  }
  const view = regrouped(input, sizes, batchAt, ahead);
  if (view !== undefined) return { ...input, ...view, via: at.label };
  if (ahead > 1)
    throw at.fail(
      `expected a shape that keeps the batch apart, got ${show([...entries])} for ${show(shapeOf(file))}`,
    );
  const own = file.flat().filter((atom) => atom.isBatch);
  const flat = at.arranged(input, [own, file.flat().filter((atom) => !atom.isBatch)]);
  // Each axis of the reshaped tensor is a new atom.
  const parts = sizes.map(newAxis);
  const axes = parts.map((part, k) => (k === batchAt ? [...own, ...part] : part));
  const stored = [own, ...parts.filter((_, k) => k !== batchAt || joined > 1)];
  const name = at.build.reshape(at.label, flat.name, shapeOf(stored));
  return { kind: 'activation', name, file: axes, stored };
}

const product = (list: readonly Entry[]) =>
  list.reduce((all: number, entry) => (entry === 'batch' || entry === -1 ? all : all * entry), 1);

/**
 * Returns the axis of a new shape that has the batch, and the number of elements per example that
 * it joins with the batch, such as the heads in [N · heads, tokens, features]. It is usually 1.
 * Some of them may come ahead of the batch. A Reshape keeps the order, so the same number of
 * elements must stand before the batch in both shapes.
 */
function batchOf(target: readonly Entry[], file: Axes, elements: number) {
  const atoms = file.flat();
  const position = atoms.findIndex((atom) => atom.isBatch);
  const before = sizeOf(atoms.slice(0, position));
  for (const [batchAt, entry] of target.entries()) {
    const [leading, others] = [target.slice(0, batchAt), target.filter((_, k) => k !== batchAt)];
    const ahead = before / product(leading);
    if (leading.includes(-1) || !Number.isInteger(ahead) || others.includes('batch')) continue;
    const joined = others.includes(-1) || entry === 'batch' ? 1 : elements / product(others);
    const fits = others.includes(-1) ? elements % product(others) === 0 : product(others) * joined === elements; // prettier-ignore
    if (!fits || !Number.isInteger(joined / ahead)) continue;
    if (entry === 'batch' || entry === -1 || entry === joined * atoms[position].size)
      return { batchAt, joined, ahead };
  }
  return undefined;
}
