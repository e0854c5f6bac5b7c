import * as tf from '@tensorflow/tfjs-core';
import type { Reduction } from '../../lib/cost.ts';
import { L1, type L1Options } from '../../losses/l1.ts';
import { numbers } from '../support/compare.ts';
import { describeCostContract } from '../support/costContract.ts';
import { describeCostFixture, eachBackend } from '../support/fixtures.ts';
import { blank, describeRefusals } from '../support/refusals.ts';

const x = () =>
  tf.tensor2d([
    [1, 2],
    [3, 4],
  ]);
const y = () =>
  tf.tensor2d([
    [1, 4],
    [0, 8.5],
  ]); // x − y = [0 −2; 3 −4.5]

eachBackend('by hand', () => {
  test('the sum of the absolute differences, and their signs; the sign of 0 is 0', () => {
    const cost = new L1({ reduction: 'sum' });
    const { loss, cache } = cost.forward(x(), y());
    expect(numbers(loss)).toBe(0 + 2 + 3 + 4.5);
    expect(numbers(cost.backpropToInput(cache))).toEqual([
      [0, -1],
      [1, -1],
    ]);
  });

  test('the mean divides by the number of examples, not of elements', () => {
    const cost = new L1();
    const { loss, cache } = cost.forward(x(), y());
    expect(numbers(loss)).toBe((0 + 2 + 3 + 4.5) / 2);
    expect(numbers(cost.backpropToInput(cache))).toEqual([
      [0, -0.5],
      [0.5, -0.5],
    ]);
  });
});

describeCostFixture('l1', (options: L1Options) => new L1(options));

describeCostContract(
  (options) => new L1(options),
  () => [
    [x(), y()],
    [tf.tensor2d([[1, 2]]), tf.tensor2d([[3, -1]])],
  ],
);

const cost = new L1();

describeRefusals([
  [
    'L1.forward: expected target of shape [4, 1], got [4]', // tfjs would make a 4x4 matrix of it
    () => cost.forward(blank([4, 1]), blank([4])),
  ],
  [
    'L1.forward: expected input of rank 1 or more, got shape []',
    () => cost.forward(tf.scalar(1), tf.scalar(2)),
  ],
  [
    'L1.forward: expected input of dtype float32, got int32',
    () => cost.forward(blank([4], 'int32'), blank([4])),
  ],
  [
    'L1.forward: expected target of dtype float32, got int32',
    () => cost.forward(blank([4]), blank([4], 'int32')),
  ],
  [
    'L1: expected reduction to be one of "mean", "sum", got "none"',
    () => new L1({ reduction: 'none' as Reduction }),
  ],
]);
