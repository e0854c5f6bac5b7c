import type { ReadAt } from '../tensorFile.ts';
import { numElements } from '../../lib/shapes.ts';

/** The position of a tensor's elements in its storage, as in `TorchView`. */
export interface Strided {
  readonly offset: number;
  readonly shape: readonly number[];
  readonly strides: readonly number[];
}

/**
 * An axis: its size, and the distance between neighbouring indices in the storage and in the
 * tensor.
 */
interface Axis {
  readonly size: number;
  readonly from: number;
  readonly to: number;
}

/** The number of bytes of a storage that are read at a time. */
const PIECE = 2 ** 24;
/**
 * The number of bytes that are read at a time if the elements are far apart. It is smaller because
 * most of the bytes are not needed.
 */
const SPARSE_PIECE = 2 ** 16;
const SPARSE = 16;

/**
 * Reads the elements of a tensor in row-major order. Only the range of the storage that the tensor
 * covers is read. In addition to the tensor, at most 16 MiB of it are in memory.
 *
 * @param width the number of bytes per element: 1, 2, 4, or 8.
 * @param readAt reads bytes of the storage.
 * @returns a buffer that contains exactly the elements.
 */
export async function gather(
  { offset, shape, strides }: Strided,
  width: number,
  readAt: ReadAt,
): Promise<ArrayBuffer> {
  const count = numElements(shape);
  if (count === 0) return new ArrayBuffer(0);
  const axes = axesOf(shape, strides);
  if (areContiguous(axes)) return (await readAt(offset * width, count * width)).buffer;

  // An element of 8 bytes is read as two elements of 4 bytes, so that its bits do not change.
  const unit = Math.min(width, 4);
  const times = width / unit;
  const scaled = axes.map(({ size, from, to }) => ({ size, from: from * times, to: to * times }));
  if (times > 1) scaled.push({ size: times, from: 1, to: 1 });
  // The axes are sorted in the order of the storage, so that consecutive pieces of it are read.
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
    // The largest part of the first axis that covers no more of the storage than the limit.
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

/** Returns whether the elements of a tensor lie one after another in its storage. */
export function isContiguous({ shape, strides }: Strided): boolean {
  return areContiguous(axesOf(shape, strides));
}

function areContiguous(axes: readonly Axis[]): boolean {
  return axes.every(({ from, to }) => from === to);
}

function axesOf(shape: readonly number[], strides: readonly number[]): Axis[] {
  const axes = shape.map((size, axis) => {
    return { size, from: strides[axis], to: numElements(shape.slice(axis + 1)) };
  });
  return axes.filter(({ size }) => size > 1);
}

/**
 * Returns the number of elements of the storage from the first to the last one that the axes cover.
 */
function spanOf(axes: readonly Axis[]): number {
  return axes.reduce((sum, { size, from }) => sum + (size - 1) * from, 1);
}

type Unsigned = Uint8Array<ArrayBuffer> | Uint16Array<ArrayBuffer> | Uint32Array<ArrayBuffer>;

function unsigned(buffer: ArrayBuffer, width: number): Unsigned {
  if (width === 1) return new Uint8Array(buffer);
  return width === 2 ? new Uint16Array(buffer) : new Uint32Array(buffer);
}

/** Copies the elements of a piece of the storage to their positions in the tensor. */
function scatter(piece: Unsigned, output: Unsigned, axes: readonly Axis[], start: number): void {
  const last = axes.at(-1) ?? { size: 1, from: 0, to: 0 };
  const outer = axes.slice(0, -1);
  const index = outer.map(() => 0);
  let [from, to] = [0, start];
  for (let axis = 0; axis >= 0;) {
    for (let i = 0; i < last.size; i++) output[to + i * last.to] = piece[from + i * last.from];
    // The last index of the outer axes is incremented, with a carry to the axis before it.
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
