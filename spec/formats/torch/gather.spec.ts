import { gather, type Strided } from '../../../formats/torch/gather.ts';
import { Rng } from '../../../lib/rng.ts';
import { numElements } from '../../../lib/shapes.ts';

/** The elements of a tensor of bytes, by a plain loop over its indices. */
function plain(storage: Uint8Array, { offset, shape, strides }: Strided, width: number): number[] {
  const bytes: number[] = [];
  for (let i = 0; i < numElements(shape); i++) {
    let [rest, from] = [i, offset];
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      from += (rest % shape[axis]) * strides[axis];
      rest = Math.floor(rest / shape[axis]);
    }
    bytes.push(...storage.subarray(from * width, (from + 1) * width));
  }
  return bytes;
}

/** Reads from a storage, and notes how much was read at once and in all. */
function reader(storage: Uint8Array) {
  const seen = { most: 0, total: 0 };
  const readAt = (position: number, length: number) => {
    if (position + length > storage.length) throw new Error('beyond the storage');
    seen.most = Math.max(seen.most, length);
    seen.total += length;
    return Promise.resolve(storage.slice(position, position + length));
  };
  return { seen, readAt };
}

test('any shape and strides, with 1, 2, 4, and 8 bytes per element', async () => {
  const rng = new Rng(0);
  const storage = Uint8Array.from({ length: 8 * 4000 }, () => rng.integer(256));
  for (let i = 0; i < 400; i++) {
    const width = rng.pick([1, 2, 4, 8]);
    const shape = Array.from({ length: rng.integer(5) }, () => rng.integer(5));
    const strides = shape.map(() => rng.integer(20));
    const view = { offset: rng.integer(50), shape, strides };
    const buffer = await gather(view, width, reader(storage).readAt);
    expect([...new Uint8Array(buffer)]).toEqual(plain(storage, view, width));
  }
});

test('consecutive elements are read at once, and no others', async () => {
  const storage = Uint8Array.from({ length: 1000 }, (_, i) => i % 251);
  const { readAt, seen } = reader(storage);
  const view = { offset: 7, shape: [3, 1, 4], strides: [4, 99, 1] };
  expect([...new Uint8Array(await gather(view, 2, readAt))]).toEqual(plain(storage, view, 2));
  expect(seen).toEqual({ most: 24, total: 24 });
});

test('a transposed matrix of 40 MB is read in pieces of 16 MiB', async () => {
  const [rows, columns] = [2500, 4000];
  const values = Float32Array.from({ length: rows * columns }, (_, i) => i);
  const { readAt, seen } = reader(new Uint8Array(values.buffer));
  const view = { offset: 0, shape: [columns, rows], strides: [1, columns] };
  const read = new Float32Array(await gather(view, 4, readAt));
  expect(read.every((value, i) => value === (i % rows) * columns + Math.floor(i / rows))).toBe(
    true,
  );
  expect(seen.most).toBeLessThanOrEqual(2 ** 24);
  expect(seen.total).toBe(4 * rows * columns);
});

test('of elements that are far apart, little more than themselves is in memory', async () => {
  const [rows, columns] = [250, 40_000];
  const values = Float32Array.from({ length: rows * columns }, (_, i) => i);
  const { readAt, seen } = reader(new Uint8Array(values.buffer));
  const view = { offset: 3, shape: [rows, 2], strides: [columns, 1] };
  const read = new Float32Array(await gather(view, 4, readAt));
  expect([...read.slice(0, 4)]).toEqual([3, 4, columns + 3, columns + 4]);
  expect(read[2 * rows - 1]).toBe((rows - 1) * columns + 4);
  expect(seen).toEqual({ most: 8, total: 8 * rows });
});
