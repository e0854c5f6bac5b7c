import { jest } from '@jest/globals';
import * as tf from '@tensorflow/tfjs-core';
import { useBackend } from '../../../../lib/backend/useBackend.ts';
import { constant } from '../../../../lib/constant.ts';
import { positivePart } from '../../../../lib/kernels/elementwise/parts.ts';
import { Pool } from '../../../../lib/kernels/simd/pool.ts';
import { Simd, simdOf } from '../../../../lib/kernels/simd/simd.ts';
import { Rng } from '../../../../lib/rng.ts';
import { AvgPool2D } from '../../../../modules/avgPool2d.ts';
import { MaxPool2D } from '../../../../modules/maxPool2d.ts';
import { SIMD_KERNELS } from '../../../support/simdCases.ts';

beforeAll(() => useBackend('wasm', { threads: 3, simd: 'plain' }));

afterEach(() => jest.restoreAllMocks());

test.each(Object.keys(SIMD_KERNELS))('%s gives the same bytes in threads', (name) => {
  const rng = new Rng(3);
  const original = Object.getOwnPropertyDescriptor(Simd.prototype, 'run')?.value as Simd['run'];
  /** Runs a case, with all work in threads or none. */
  const compute = (work: number, body: () => readonly tf.Tensor[]) => {
    jest.spyOn(Simd.prototype, 'run').mockImplementation(function (
      this: Simd,
      ...[kernel, units, args, options]
    ) {
      original.call(this, kernel, units, args, { ...options, work });
    });
    return tf.tidy(() => body().map((x) => [...x.dataSync()]));
  };
  for (let k = 0; k < 6; k++) {
    const { shapes, run } = SIMD_KERNELS[name](rng);
    const values = shapes.map((shape) => rng.uniforms(shape.reduce((a, b) => a * b, 1)));
    const body = () => run(...values.map((v, i) => constant(v, [...shapes[i]] as [number])));
    expect(compute(Infinity, body)).toEqual(compute(0, body));
    tf.disposeVariables();
  }
});

test('a kernel whose addresses are wrong throws in any thread, and the next one works', () => {
  const simd = simdOf();
  const y = tf.zeros([3 * 4096]);
  const { wasm } = tf.backend() as unknown as { readonly wasm: { readonly HEAPU8: Uint8Array } };
  const end = wasm.HEAPU8.length;
  const relu = (from: number) => {
    const args = [from, 0, 0, simd.addressOf(y), 0, 0, y.size, 0, 0, 0, 0, 0, 0, 0];
    simd.run('relu', 3, args, { work: Infinity });
  };
  // In the first call, only the last of the three blocks lies outside the memory, and in the second
  // call all do.
  expect(() => relu(end - 2 * 4 * 4096)).toThrow(
    'wasm: expected kernel relu to finish, got an error in a thread',
  );
  expect(() => relu(end)).toThrow('out of bounds');
  y.dispose();
  const x = tf.fill([2 ** 19], 2);
  expect([...positivePart(x).dataSync()].every((value) => value === 2)).toBe(true);
  x.dispose();
});

test.each(['maxPool2d', 'avgPool2d'] as const)('a large %s uses the threads', (name) => {
  const box = name === 'maxPool2d' ? new MaxPool2D(2) : new AvgPool2D(2);
  const run = jest.spyOn(Pool.prototype, 'run');
  const x = tf.ones<tf.Rank.R4>([2, 128, 128, 16]);
  const { output, cache } = box.forward(x);
  box.backpropToInput(output, cache as never);
  expect(run).toHaveBeenCalledTimes(2);
  tf.dispose([x, output]);
});

test('the threads end with the backend, which can start again', async () => {
  const end = jest.spyOn(Pool.prototype, 'end');
  await useBackend('float64');
  tf.removeBackend('wasm');
  expect(end).toHaveBeenCalledTimes(1);
  await useBackend('wasm', { threads: 2 });
  const run = jest.spyOn(Pool.prototype, 'run');
  expect([...positivePart(tf.fill([2 ** 19], 2)).dataSync()].every((x) => x === 2)).toBe(true);
  expect(run).toHaveBeenCalledTimes(1);
});
