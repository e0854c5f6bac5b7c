import { permuteInto } from '../parts.ts';
import type { UsePart } from '../tensorFile.ts';

/**
 * The form of a variable in a file of another framework: its name and shape in the file, and the
 * order of its axes.
 */
export interface Stored {
  readonly name: string;
  readonly shape: readonly number[];
  /**
   * The shape before axes are merged, if the file merges several axes into one; by default the
   * shape in the file.
   */
  readonly view?: readonly number[];
  /**
   * The order of the view's axes in the variable: axis i of the variable is axis `order[i]` of the
   * view.
   */
  readonly order?: readonly number[];
}

/** Returns a function that puts the parts of a tensor of the file into the values of a variable. */
export function storedInto(
  values: Float32Array,
  { shape, view = shape, order = view.map((_, axis) => axis) }: Stored,
): UsePart<ArrayLike<number>> {
  return permuteInto(values, view, order);
}

/** Converts values from the order of the variable to that of the file. */
export function toStored(
  values: Float32Array,
  { shape, view = shape, order }: Stored,
): Float32Array {
  if (order === undefined) return values;
  const inVariable = order.map((axis) => view[axis]);
  const back = view.map((_, axis) => order.indexOf(axis));
  return permute(values, inVariable, back);
}

/** Transposes an array of this shape: axis i of the result is axis `order[i]` of the array. */
export function permute(
  values: Float32Array,
  shape: readonly number[],
  order: readonly number[],
): Float32Array {
  const result = new Float32Array(values.length);
  permuteInto(result, shape, order)(values, 0);
  return result;
}
