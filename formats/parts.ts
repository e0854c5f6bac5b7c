import { numElements } from '../lib/shapes.ts';
import { DTYPES, type Dtype } from './safetensors/dtypes.ts';
import type { ReadAt, UsePart } from './tensorFile.ts';

/** The number of bytes that are read at a time. */
const PART = 2 ** 24;

/**
 * Reads the values of a tensor in parts of at most 16 MiB, so that the tensor is in memory only
 * where the caller puts it.
 *
 * @param readAt reads bytes of the tensor.
 */
export async function readParts(
  dtype: Dtype,
  count: number,
  readAt: ReadAt,
  use: UsePart,
): Promise<void> {
  const { bytes, read } = DTYPES[dtype];
  const most = Math.min(count, PART / bytes);
  const memory = new Uint8Array(most * bytes);
  for (let start = 0; start < count; start += most) {
    const size = Math.min(most, count - start);
    const part = await readAt(start * bytes, size * bytes, size === most ? memory : undefined);
    use(read(part.buffer), start);
  }
}

/**
 * Returns a function that puts the parts of a tensor into an array in another order of the axes:
 * axis i of the result is axis `order[i]` of the tensor.
 */
export function permuteInto(
  result: Float32Array | Float64Array,
  shape: readonly number[],
  order: readonly number[],
): UsePart<ArrayLike<number>> {
  if (order.every((axis, i) => axis === i)) return (values, start) => result.set(values, start);
  const sizes = order.map((axis) => shape[axis]);
  const strides = shape.map((_, axis) => numElements(sizes.slice(order.indexOf(axis) + 1)));
  const last = shape.length - 1;
  return (values, start) => {
    // The index of the first value, one number per axis, and its position in the result.
    const index = shape.map((size, axis) => {
      return Math.floor(start / numElements(shape.slice(axis + 1))) % size;
    });
    let to = index.reduce((sum, at, axis) => sum + at * strides[axis], 0);
    for (let from = 0; from < values.length;) {
      const end = Math.min(from + shape[last] - index[last], values.length);
      for (; from < end; from++, to += strides[last]) result[to] = values[from];
      // The line is complete, or it is the last one of the part.
      to -= shape[last] * strides[last];
      index[last] = 0;
      for (let axis = last - 1; axis >= 0; axis--) {
        to += strides[axis];
        if (++index[axis] < shape[axis]) break;
        to -= shape[axis] * strides[axis];
        index[axis] = 0;
      }
    }
  };
}
