import * as tf from '@tensorflow/tfjs-core';
import { useBackend, type BackendOptions } from '../../lib/backend/useBackend.ts';
import { constant } from '../../lib/constant.ts';
import { Rng } from '../../lib/rng.ts';
import { SIMD_KERNELS } from './simdCases.ts';

/** The largest difference from float64, as a share of the largest value, that gradcheck allows. */
const BOUND = 1e-5;

/** Values that a kernel must not read: those of freed memory. */
function poison(): void {
  // Large and small blocks of NaN, which the next allocations reuse.
  tf.dispose(
    [2 ** 19, 2 ** 16, ...new Array<number>(40).fill(2 ** 8)].map((n) => tf.fill([n], NaN)),
  );
}

/** Compares `count` random cases of each kernel with float64, with and without other tensors near. */
export function describeSimdParity(options: BackendOptions, count: number): void {
  beforeAll(() => useBackend('float64'));

  test.each(Object.keys(SIMD_KERNELS))('%s computes what float64 does', async (name) => {
    const rng = new Rng(7);
    for (let k = 0; k < count; k++) {
      const { shapes, run, title } = SIMD_KERNELS[name](rng);
      const values = shapes.map((shape) => {
        const draws = rng.uniforms(shape.reduce((a, b) => a * b, 1));
        return Float32Array.from(draws, (draw) => 2 * draw - 1);
      });
      const make = () => values.map((v, i) => constant(v, [...shapes[i]] as [number]));
      await useBackend('float64');
      const expected = tf.tidy(() => run(...make()).map((x) => x.dataSync()));
      await useBackend('wasm', options);
      tf.tidy(() => {
        const guards = [tf.fill([1000], 3), tf.fill([10], 3)];
        const inputs = make();
        guards.push(tf.fill([1000], 3), tf.fill([10], 3));
        poison();
        const outputs = run(...inputs).map((x) => x.dataSync());
        outputs.forEach((got, i) => {
          expect({ title, output: i, ...worst(got, expected[i]) }).toEqual({
            title,
            output: i,
            length: expected[i].length,
            isClose: true,
          });
        });
        // Nothing else in the heap has changed.
        expect(guards.every((guard) => guard.dataSync().every((x) => x === 3))).toBe(true);
        inputs.forEach((input, i) => expect(input.dataSync()).toEqual(values[i]));
      });
      tf.disposeVariables();
    }
  });
}

function worst(got: ArrayLike<number>, expected: ArrayLike<number>) {
  const [mine, exact] = [Array.from(got), Array.from(expected)];
  const scale = exact.reduce((most, x) => Math.max(most, Math.abs(x)), 1);
  const difference = mine.reduce((most, x, i) => Math.max(most, Math.abs(x - exact[i])), 0);
  const isClose = difference <= BOUND * scale && !mine.some(Number.isNaN);
  return { length: mine.length, isClose, ...(!isClose && { difference, scale }) };
}
