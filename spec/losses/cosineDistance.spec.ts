import * as tf from '@tensorflow/tfjs-core';
import { CosineDistance, type CosineDistanceOptions } from '../../losses/cosineDistance.ts';
import { expectAllClose, numbers } from '../support/compare.ts';
import { describeCostContract } from '../support/costContract.ts';
import { describeCostFixture, eachBackend } from '../support/fixtures.ts';
import { blank, describeRefusals } from '../support/refusals.ts';

eachBackend('by hand', () => {
  test('one minus the cosine, whose gradient is perpendicular to x', () => {
    const cost = new CosineDistance({ reduction: 'sum' });
    const { loss, cache } = cost.forward(tf.tensor2d([[3, 4]]), tf.tensor2d([[10, 0]]));
    expectAllClose(loss, { shape: [], values: [1 - 3 / 5] });
    // c x/‖x‖² − y/(‖x‖ ‖y‖) = 0.6 [3 4]/25 − [1 0]/5
    expectAllClose(cost.backpropToInput(cache), { shape: [1, 2], values: [-0.128, 0.096] });
  });

  test('each vector along the last axis counts, and the mean is over the examples', () => {
    const x = tf.tensor3d([1, 0, 0, 1, 1, 0, 0, 1], [2, 2, 2]);
    const y = tf.tensor3d([1, 0, 1, 0, -1, 0, 0, 1], [2, 2, 2]);
    const { loss } = new CosineDistance().forward(x, y);
    expectAllClose(loss, { shape: [], values: [(0 + 1 + 2 + 0) / 2] });
  });

  test('a vector of zeros has a finite gradient, and NaN stays visible', () => {
    const cost = new CosineDistance();
    const { loss, cache } = cost.forward(tf.zeros([1, 2]), tf.tensor2d([[1, 0]]));
    expect(numbers(loss)).toBe(1);
    expect(cost.backpropToInput(cache).dataSync().every(Number.isFinite)).toBe(true);
    for (const bad of [NaN, Infinity]) {
      const other = cost.forward(tf.tensor2d([[bad, 1]]), tf.tensor2d([[1, 0]]));
      expect(numbers(other.loss)).toBe(NaN);
    }
  });
});

describeCostFixture(
  'cosineDistance',
  (options: CosineDistanceOptions) => new CosineDistance(options),
);

describeCostContract(
  (options) => new CosineDistance(options),
  () => [
    [tf.tensor2d([[1, 2, 0.5]]), tf.tensor2d([[1.5, -1, 0.5]])],
    [tf.ones([3, 2]), tf.tensor2d([[1, 0], [0, 1], [2, 1]])], // prettier-ignore
  ],
);

describeRefusals([
  [
    'CosineDistance.forward: expected input of rank 2 or more, got shape [4]',
    () => new CosineDistance().forward(blank([4]), blank([4])),
  ],
  [
    'CosineDistance.forward: expected target of shape [2, 3], got [2, 2]',
    () => new CosineDistance().forward(blank([2, 3]), blank([2, 2])),
  ],
  [
    'CosineDistance.forward: expected input without an axis of size 0, got shape [0, 2]',
    () => new CosineDistance().forward(blank([0, 2]), blank([0, 2])),
  ],
  [
    'CosineDistance: unknown option margin; expected one of reduction',
    () => new CosineDistance({ margin: 1 } as never),
  ],
]);
