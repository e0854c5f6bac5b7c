import { numElements } from '../../lib/shapes.ts';

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

/** Converts values from the order of the file to that of the variable. */
export function fromStored(
  values: Float32Array,
  { shape, view = shape, order }: Stored,
): Float32Array {
  return order === undefined ? values : permute(values, view, order);
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
  const strides = order.map((axis) => numElements(shape.slice(axis + 1)));
  const sizes = order.map((axis) => shape[axis]);
  const last = sizes.length - 1;
  const [run, stride] = [sizes[last], strides[last]];
  const index = new Array<number>(last).fill(0);
  let from = 0;
  for (let to = 0; to < values.length; to += run) {
    for (let i = 0; i < run; i++) result[to + i] = values[from + i * stride];
    // This moves to the next line of the result: it increments the last index, with a carry to the
    // index before it.
    for (let axis = last - 1; axis >= 0; axis--) {
      from += strides[axis];
      if (++index[axis] < sizes[axis]) break;
      from -= sizes[axis] * strides[axis];
      index[axis] = 0;
    }
  }
  return result;
}
