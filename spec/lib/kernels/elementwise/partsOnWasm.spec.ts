import * as tf from '@tensorflow/tfjs-core';
import { useBackend } from '../../../../lib/backend/useBackend.ts';
import { computeOnHost } from '../../../../lib/kernels/backends/host.ts';
import { negativePart, positivePart } from '../../../../lib/kernels/elementwise/parts.ts';
import { partOnWasm } from '../../../../lib/kernels/elementwise/partsOnWasm.ts';
import { Rng } from '../../../../lib/rng.ts';

beforeAll(() => useBackend('wasm'));

/** The values of a tensor; a zero of either sign is 0. */
const numbers = (x: tf.Tensor) => Array.from(x.dataSync(), (value) => (value === 0 ? 0 : value));

/** Makes a tensor whose NaNs keep their sign bits, which `tf.tensor` need not copy. */
function withBits(values: Float32Array): tf.Tensor {
  const bits = new Int32Array(values.buffer);
  return computeOnHost([], [values.length], (y) => {
    new Int32Array(y.buffer, y.byteOffset, y.length).set(bits);
  });
}

test.each([0, 1, 3, 4, 5, 8, 11, 1023])('the parts of %d values', (length) => {
  const values = Float32Array.from(new Rng(length).normals(length));
  new Int32Array(values.buffer).set([0xffc00000, 0x7fc00000, 0x80000000].slice(0, length));
  values.set([Infinity, -Infinity].slice(0, length), Math.max(0, length - 2));
  const x = withBits(values);
  expect(partOnWasm('positive', x)).toBeInstanceOf(tf.Tensor);
  const before = tf.memory().numTensors;
  const [positive, negative] = [positivePart(x), negativePart(x)];
  const expected = (part: (value: number) => number) =>
    Array.from(values, (value) => part(value) + 0);
  expect(numbers(positive)).toEqual(expected((value) => Math.max(value, 0)));
  expect(numbers(negative)).toEqual(expected((value) => Math.min(value, 0)));
  expect(tf.memory().numTensors).toBe(before + 2);
});

test('the module works on after the heap has grown', () => {
  const held = [tf.zeros([1])];
  const heap = tf.backend() as unknown as { wasm: { HEAPU8: Uint8Array } };
  const size = heap.wasm.HEAPU8.byteLength;
  while (heap.wasm.HEAPU8.byteLength === size) held.push(tf.zeros([1 << 22]));
  expect(numbers(positivePart(tf.tensor1d([-1, 2, -3, 4, NaN, -6, 7, 8])))).toEqual([
    0,
    2,
    0,
    4,
    NaN,
    0,
    7,
    8,
  ]);
  tf.dispose(held);
});
