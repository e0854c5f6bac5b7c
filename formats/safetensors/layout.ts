import { numElements } from '../../lib/shapes.ts';

/**
 * How a file from elsewhere holds a variable: under another name and shape, with its axes in
 * another order.
 */
export interface Stored {
  readonly name: string;
  readonly shape: readonly number[];
  /**
   * The shape with more axes, where the file merges several into one; the file's shape by default.
   */
  readonly view?: readonly number[];
  /**
   * The order of the view's axes in the variable: axis i of the variable is axis `order[i]` of the
   * view.
   */
  readonly order?: readonly number[];
}

/** Reorders values of the file for the variable. */
export function fromStored(
  values: Float32Array,
  { shape, view = shape, order }: Stored,
): Float32Array {
  return order === undefined ? values : permute(values, view, order);
}

/** Reorders values of the variable for the file. */
export function toStored(
  values: Float32Array,
  { shape, view = shape, order }: Stored,
): Float32Array {
  if (order === undefined) return values;
  const inVariable = order.map((axis) => view[axis]);
  const back = view.map((_, axis) => order.indexOf(axis));
  return permute(values, inVariable, back);
}

/**
 * Transposes an array of this shape: axis i of the result is axis `order[i]`.
 */
export function permute(
  values: Float32Array,
  shape: readonly number[],
  order: readonly number[],
): Float32Array {
  const result = new Float32Array(values.length);
  const strides = order.map((axis) => numElements(shape.slice(axis + 1)));
  const sizes = order.map((axis) => shape[axis]);
  const last = sizes.length - 1;
  const [run, stride] = [sizes[last], strides[last]];
  const index = new Array<number>(last).fill(0);
  let from = 0;
  for (let to = 0; to < values.length; to += run) {
    for (let i = 0; i < run; i++) result[to + i] = values[from + i * stride];
    // Moves to the next line of the result: the index counts up like an odometer.
    for (let axis = last - 1; axis >= 0; axis--) {
      from += strides[axis];
      if (++index[axis] < sizes[axis]) break;
      from -= sizes[axis] * strides[axis];
      index[axis] = 0;
    }
  }
  return result;
}
