import { numElements } from '../../../lib/shapes.ts';
import { permuteInto } from '../../parts.ts';
import type { UsePart } from '../../tensorFile.ts';
import type { ReadValues } from '../fileTensor.ts';

/**
 * A part of an axis. A Reshape of the file divides an axis into several atoms or joins them, and a
 * Transpose changes their order. One atom is the batch.
 */
export interface Atom {
  readonly size: number;
  readonly isBatch: boolean;
}

/** The axes of a tensor, each as the list of its atoms. An axis of size 1 has no atoms. */
export type Axes = readonly (readonly Atom[])[];

/**
 * A tensor has two views: the axes that it has in the file, and those of the tensor that the
 * network computes. Both consist of the same atoms. So images have the order [N, C, H, W] in the
 * file and [N, H, W, C] in the network, and a Flatten, Reshape, Transpose, Squeeze or Unsqueeze of
 * the file only changes the view: the network rearranges its tensors only where a box needs it.
 */
export interface View {
  readonly file: Axes;
  readonly stored: Axes;
}

/** A view of a value that the network computes, and the name of the value. */
export interface Activation extends View {
  readonly kind: 'activation';
  /** The name of an input or node of the graph. */
  readonly name: string;
  /** The node of the file that made the view. If the view needs a box, the box has its name. */
  readonly via?: string;
}

/** An entry of a constant list of integers. `'batch'` is the size of the batch. */
export type Entry = number | 'batch';

/** A value that does not depend on the network's inputs. */
export interface Constant {
  readonly kind: 'constant';
  /** The name of the tensor in the file. */
  readonly name: string;
  readonly dims: readonly number[];
  /**
   * Whether the value belongs to an operator's formula, such as the ½ of GELU, and is not a
   * parameter.
   */
  readonly isFixed: boolean;
  readonly isInteger: boolean;
  readonly values: ReadValues;
  /** The integers, if one of them is the size of the batch. */
  readonly entries?: readonly Entry[];
}

export type Value = Activation | Constant;

/** Returns the size of an axis. */
export function sizeOf(axis: readonly Atom[]): number {
  return axis.reduce((product, { size }) => product * size, 1);
}

export function shapeOf(axes: Axes): number[] {
  return axes.map(sizeOf);
}

/** Makes an axis of a size. */
export function newAxis(size: number): readonly Atom[] {
  return size === 1 ? [] : [{ size, isBatch: false }];
}

/** Returns whether an axis is the batch. */
export function isBatch(axis: readonly Atom[] | undefined): boolean {
  return axis?.length === 1 && axis[0].isBatch;
}

/** Returns whether an axis joins the batch with other axes, as in [N · heads, tokens, features]. */
export function isJoined(axis: readonly Atom[] | undefined): boolean {
  return axis !== undefined && axis.length > 1 && axis.some((atom) => atom.isBatch);
}

/** Returns the axes with the batch apart: other axes that are joined with it come second. */
export function withBatchApart(axes: Axes): Axes {
  const [first, ...rest] = axes;
  if (!isJoined(first)) return axes;
  const [batch, others] = [true, false].map((own) => first.filter((atom) => atom.isBatch === own));
  return [batch, others, ...rest];
}

/** Returns whether two lists consist of the same atoms in the same order. */
export function sameAtoms(a: readonly Atom[], b: readonly Atom[]): boolean {
  return a.length === b.length && a.every((atom, k) => atom === b[k]);
}

export function sameAxes(a: Axes, b: Axes): boolean {
  return a.length === b.length && a.every((axis, k) => sameAtoms(axis, b[k]));
}

/** Returns the axes with the channels, axis 1 of the file, at the end. */
export function channelsLast(file: Axes): Axes {
  return file.length < 3 ? file : [file[0], ...file.slice(2), file[1]];
}

/**
 * Divides the atoms of a view's axes so that the file's axes have other sizes. Returns undefined if
 * an atom would have to be divided unevenly.
 *
 * @param sizes the number of elements per example along each axis. It is 1 at `batchAt`, or more if
 *   that axis joins the batch with other axes.
 * @param ahead the number of these elements that come before the batch.
 */
export function regrouped(
  view: View,
  sizes: readonly number[],
  batchAt: number,
  ahead = 1,
): View | undefined {
  const left = view.file.flat().filter((atom) => !atom.isBatch);
  const batch = view.file.flat().filter((atom) => atom.isBatch);
  const divided = new Map<Atom, Atom[]>();
  const origin = new Map<Atom, Atom>();
  const file: Atom[][] = [];
  for (const [axis, size] of sizes.entries()) {
    const atoms: Atom[] = [];
    let open = size;
    const addBatch = () => {
      if (axis === batchAt && open * ahead === size) atoms.push(...batch);
    };
    addBatch();
    while (open > 1) {
      const next = left.shift();
      if (next === undefined) return undefined;
      if (open % next.size === 0) {
        atoms.push(next);
        open /= next.size;
        addBatch();
        continue;
      }
      if (next.size % open !== 0) return undefined;
      // The atom is divided: its first part belongs to this axis.
      const [first, rest] = [open, next.size / open].map((part) => ({
        size: part,
        isBatch: false,
      }));
      const whole = origin.get(next) ?? next;
      const parts = divided.get(whole) ?? [whole];
      divided.set(
        whole,
        parts.flatMap((part) => (part === next ? [first, rest] : [part])),
      );
      origin.set(first, whole).set(rest, whole);
      atoms.push(first);
      left.unshift(rest);
      open = 1;
      addBatch();
    }
    file.push(atoms);
  }
  if (left.length > 0) return undefined;
  const stored = view.stored.map((axis) => axis.flatMap((atom) => divided.get(atom) ?? [atom]));
  return { file, stored };
}

/** Transposes values: axis i of the result is axis `order[i]` of the values. */
export function transposed(
  values: ArrayLike<number>,
  shape: readonly number[],
  order: readonly number[],
): Float64Array | Float32Array {
  const size = numElements(shape);
  const result = values instanceof Float32Array ? new Float32Array(size) : new Float64Array(size);
  permuteInto(result, shape, order)(values, 0);
  return result;
}

/**
 * Reads the values of a constant in another order of the axes, as `transposed` returns them. Only a
 * part of the values is in memory besides the result, if the file can be read in parts.
 */
export async function readTransposed(
  { values }: Pick<Constant, 'values'>,
  shape: readonly number[],
  order: readonly number[],
): Promise<Float64Array | Float32Array> {
  if (values.inParts === undefined) return transposed(await values(), shape, order);
  const size = numElements(shape);
  let put:
    | { readonly into: Float64Array | Float32Array; readonly use: UsePart<ArrayLike<number>> }
    | undefined;
  await values.inParts((part, start) => {
    if (put === undefined) {
      const into = part instanceof Float32Array ? new Float32Array(size) : new Float64Array(size);
      put = { into, use: permuteInto(into, shape, order) };
    }
    put.use(part, start);
  });
  return put?.into ?? new Float32Array(size);
}

/**
 * Changes the order of the values along one axis of a constant: from the order of the atoms in the
 * file to another order of the same atoms.
 */
export function reordered(
  values: ArrayLike<number>,
  dims: readonly number[],
  axis: number,
  from: readonly Atom[],
  to: readonly Atom[],
): ArrayLike<number> {
  if (sameAtoms(from, to)) return values;
  const { shape, order } = apart(dims, axis, from, to);
  return transposed(values, shape, order);
}

/**
 * Returns the shape of a constant with the atoms of one axis as axes, and the order of these axes
 * that puts the atoms into another order.
 */
export function apart(
  dims: readonly number[],
  axis: number,
  from: readonly Atom[],
  to: readonly Atom[],
) {
  const [before, after] = [dims.slice(0, axis), dims.slice(axis + 1)];
  const inside = to.map((atom) => from.indexOf(atom) + before.length);
  const order = [
    ...before.map((_, k) => k),
    ...inside,
    ...after.map((_, k) => before.length + from.length + k),
  ];
  return { shape: [...before, ...from.map(({ size }) => size), ...after], order };
}
