import * as tf from '@tensorflow/tfjs-core';
import { checkAllocations } from '../../../lib/backend/wasmMemory.ts';
import { useBackend } from '../../../lib/backend/useBackend.ts';
import { InputError } from '../../../lib/errors.ts';
import { numbers } from '../../support/compare.ts';

const MIB = 2 ** 20;

beforeAll(() => useBackend('wasm'));

test('a tensor that does not fit into the heap is refused with the sizes, and later work succeeds', () => {
  const kept = tf.fill([1000], 7);
  const before = tf.memory().numTensors;
  // This fills wasm's heap up to 4 GiB. Pages that are never touched take no memory of the machine.
  const heap = tf.backend() as unknown as {
    write(values: null, shape: number[], dtype: string): object;
  };
  const held: object[] = [];
  const fill = () => {
    for (;;) held.push(heap.write(null, [128 * MIB], 'float32'));
  };
  expect(fill).toThrow(InputError);
  expect(held.length).toBe(7);
  expect(fill).toThrow(
    /^wasm: out of memory: [\d.]+ [MG]iB of 4 GiB are in use, 512 MiB more were asked for; a smaller batch needs less$/,
  );
  // 64 MiB stay free, because the compiled code allocates too, and does not check.
  const large = held.length;
  expect(() => {
    for (;;) held.push(heap.write(null, [MIB / 4], 'float32'));
  }).toThrow(InputError);
  const free = 4096 - 7 * 512 - (held.length - large);
  expect(free).toBeGreaterThanOrEqual(64);
  expect(free).toBeLessThan(128);
  expect(numbers(tf.sum(kept))).toBe(7000);
  held.forEach((dataId) => tf.backend().disposeData(dataId));
  expect(numbers(tf.sum(tf.square(kept)))).toBe(49000);
  expect(() => tf.zeros([1024 * MIB])).toThrow(InputError);
  expect(tf.memory().numTensors).toBe(before + 3);
});

test('a size that does not fit into 32 bits is refused, because it would wrap around to a small size', () => {
  const heap = tf.backend() as unknown as {
    write(values: null, shape: number[], dtype: string): object;
  };
  expect(() => heap.write(null, [1024 * MIB + 1], 'float32')).toThrow('4 GiB more were asked for');
});

test('starting wasm again does not check twice', () => {
  const { wasm } = tf.backend() as unknown as { wasm: { _malloc: unknown } };
  const malloc = wasm._malloc;
  checkAllocations(tf.backend());
  expect(wasm._malloc).toBe(malloc);
});
