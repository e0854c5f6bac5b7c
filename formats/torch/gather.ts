import type { ReadAt } from '../tensorFile.ts';
import { numElements } from '../../lib/shapes.ts';

/** The place of a tensor's elements in its storage, as in `TorchView`. */
export interface Strided {
  readonly offset: number;
  readonly shape: readonly number[];
  readonly strides: readonly number[];
}

/** An axis: its size, and the steps from one index to the next in the storage and in the tensor. */
interface Axis {
  readonly size: number;
  readonly from: number;
  readonly to: number;
}

/** The bytes of a storage that are read at once, beside the tensor. */
const PIECE = 2 ** 24;
/** The same, if the elements are far apart, because most of what is read is not needed. */
const SPARSE_PIECE = 2 ** 16;
const SPARSE = 16;

/**
 * Reads the elements of a tensor, row by row. Of the storage, only the range that the tensor covers
 * is read, and at most 16 MiB of it are in memory beside the tensor.
 *
 * @param width the number of bytes per element: 1, 2, 4, or 8.
 * @param readAt reads bytes of the storage.
 * @returns a buffer that holds exactly the elements.
 */
export async function gather(
  { offset, shape, strides }: Strided,
  width: number,
  readAt: ReadAt,
): Promise<ArrayBuffer> {
  const count = numElements(shape);
  if (count === 0) return new ArrayBuffer(0);
  const axes = shape
    .map((size, axis) => ({
      size,
      from: strides[axis],
      to: numElements(shape.slice(axis + 1)),
    }))
    .filter(({ size }) => size > 1);
  const isContiguous = axes.every(({ from, to }) => from === to);
  if (isContiguous) return (await readAt(offset * width, count * width)).buffer;

  // An element of 8 bytes is read as two of 4, so that its bits stay as they are.
  const unit = Math.min(width, 4);
  const times = width / unit;
  const scaled = axes.map(({ size, from, to }) => ({ size, from: from * times, to: to * times }));
  if (times > 1) scaled.push({ size: times, from: 1, to: 1 });
  // In the order of the storage, so that consecutive pieces of it are read.
  scaled.sort((a, b) => b.from - a.from);
  const output = unsigned(new ArrayBuffer(count * width), unit);
  const isSparse = spanOf(scaled) > SPARSE * count * times;
  const limit = (isSparse ? SPARSE_PIECE : PIECE) / unit;

  async function fill(all: readonly Axis[], from: number, to: number): Promise<void> {
    const span = spanOf(all);
    if (span <= limit || all.length === 0) {
      const { buffer } = await readAt(from * unit, span * unit);
      scatter(unsigned(buffer, unit), output, all, to);
      return;
    }
    const [first, ...rest] = all;
    // The largest part of the first axis whose span fits into the limit.
    const part = Math.max(1, Math.floor((limit - spanOf(rest)) / first.from) + 1);
    for (let i = 0; i < first.size; i += part) {
      const size = Math.min(part, first.size - i);
      const inner = size > 1 ? [{ ...first, size }, ...rest] : rest;
      await fill(inner, from + i * first.from, to + i * first.to);
    }
  }
  await fill(scaled, offset * times, 0);
  return output.buffer;
}

/** The number of elements of the storage from the first to the last that the axes reach. */
function spanOf(axes: readonly Axis[]): number {
  return axes.reduce((sum, { size, from }) => sum + (size - 1) * from, 1);
}

type Unsigned = Uint8Array<ArrayBuffer> | Uint16Array<ArrayBuffer> | Uint32Array<ArrayBuffer>;

function unsigned(buffer: ArrayBuffer, width: number): Unsigned {
  if (width === 1) return new Uint8Array(buffer);
  return width === 2 ? new Uint16Array(buffer) : new Uint32Array(buffer);
}

/** Copies the elements of a piece of the storage to their places in the tensor. */
function scatter(piece: Unsigned, output: Unsigned, axes: readonly Axis[], start: number): void {
  const last = axes.at(-1) ?? { size: 1, from: 0, to: 0 };
  const outer = axes.slice(0, -1);
  const index = outer.map(() => 0);
  let [from, to] = [0, start];
  for (let axis = 0; axis >= 0;) {
    for (let i = 0; i < last.size; i++) output[to + i * last.to] = piece[from + i * last.from];
    // Increments the last index of the outer axes, with a carry to the axis before.
    for (axis = outer.length - 1; axis >= 0; axis--) {
      from += outer[axis].from;
      to += outer[axis].to;
      if (++index[axis] < outer[axis].size) break;
      from -= outer[axis].size * outer[axis].from;
      to -= outer[axis].size * outer[axis].to;
      index[axis] = 0;
    }
  }
}
