import * as tf from '@tensorflow/tfjs-core';
import { withBackend } from '../../../../lib/backend/useBackend.ts';
import { constant } from '../../../../lib/constant.ts';
import { normalCdf } from '../../../../lib/kernels/elementwise/normalCdf.ts';
import { expectNoLeak } from '../../../support/compare.ts';
import { eachBackend } from '../../../support/fixtures.ts';

/**
 * The normal distribution function Φ by its continued fraction and, near 0, by its Taylor series:
 * Φ(−z) = φ(z) / (z + 1/(z + 2/(z + 3/(z + ...)))) for z > 0, with the density φ.
 *
 * Source: Abramowitz and Stegun, Handbook of Mathematical Functions, 26.2.14 and 26.2.10.
 */
function reference(x: number): number {
  if (x > 0) return 1 - reference(-x);
  const z = -x;
  if (z > 2) {
    let below = z;
    for (let n = 200; n > 0; n--) below = z + n / below;
    return Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI) / below;
  }
  let [sum, term] = [0, x];
  for (let n = 0; n < 60; n++, term *= (-x * x) / (2 * n)) sum += term / (2 * n + 1);
  return 0.5 + sum / Math.sqrt(2 * Math.PI);
}

/** The largest relative error of Φ(x) between two bounds. */
function worst(f: (x: tf.Tensor) => tf.Tensor, low: number, high: number): number {
  const xs = Float32Array.from({ length: 2001 }, (_, i) => low + ((high - low) * i) / 2000);
  const got = tf.tidy(() => f(constant(xs, [xs.length])).dataSync());
  return xs.reduce((most, x, i) => Math.max(most, Math.abs(got[i] / reference(x) - 1)), 0);
}

test('the reference has the values of the tables', () => {
  const table = [[-8, 6.220960574271785e-16], [-2, 0.022750131948179195], [-0.5, 0.3085375387259869], [0, 0.5], [1, 0.8413447460685429]]; // prettier-ignore
  for (const [x, phi] of table) expect(Math.abs(reference(x) / phi - 1)).toBeLessThan(1e-13);
});

eachBackend('Φ', () => {
  test('has a relative error of single precision, in the tail too', () => {
    expect(worst(normalCdf, -9, 6)).toBeLessThan(1e-5);
  });

  test('½ (1 + erf(x/√2)) in tfjs is less precise, so boxprop needs its own function', () => {
    const byErf = (x: tf.Tensor) => tf.mul(0.5, tf.add(1, tf.erf(tf.mul(x, Math.SQRT1_2))));
    expect(worst(byErf, -6, -3)).toBeGreaterThan(0.1);
  });

  test('goes to 0 and 1 for any large x, and leaves no tensor behind', () => {
    const x = constant([-3e38, -1e4, 0, 1e4, 3e38], [5]);
    expectNoLeak(() => {
      const phi = normalCdf(x);
      const values = [...phi.dataSync()].map((value) => value + 0);
      expect([...values.slice(0, 2), ...values.slice(3)]).toEqual([0, 0, 1, 1]);
      expect(values[2]).toBeCloseTo(0.5, 6);
      phi.dispose();
    });
  });
});

test('has double precision on float64', async () => {
  await withBackend('float64', () => {
    for (const x of [-3, -0.7, 0, 1.3]) {
      expect(Math.abs(normalCdf(constant([x], [1])).dataSync()[0] / reference(x) - 1)).toBeLessThan(
        1e-12,
      );
    }
  });
});
