import * as tf from '@tensorflow/tfjs-core';
import { KLDivergence, type KLDivergenceOptions } from '../../losses/klDivergence.ts';
import { expectAllClose, numbers } from '../support/compare.ts';
import { describeCostContract } from '../support/costContract.ts';
import { describeCostFixture, eachBackend } from '../support/fixtures.ts';
import { blank, describeRefusals } from '../support/refusals.ts';

const { log } = Math;
const half = () => tf.tensor2d([[log(1 / 2), log(1 / 2)]]);

eachBackend('by hand', () => {
  test('the divergence of [3/4 1/4] from [1/2 1/2]', () => {
    const cost = new KLDivergence({ reduction: 'sum' });
    const { loss, cache } = cost.forward(half(), tf.tensor2d([[0.75, 0.25]]));
    expectAllClose(loss, { shape: [], values: [0.75 * log(1.5) + 0.25 * log(0.5)] });
    expectAllClose(cost.backpropToInput(cache), { shape: [1, 2], values: [-0.75, -0.25] });
  });

  test('it is 0 where both are equal, and a target of 0 adds nothing', () => {
    const cost = new KLDivergence();
    expect(numbers(cost.forward(half(), tf.tensor2d([[0.5, 0.5]])).loss)).toBeCloseTo(0, 7);
    const sure = cost.forward(tf.tensor2d([[0, -Infinity]]), tf.tensor2d([[1, 0]]));
    expect(numbers(sure.loss)).toBe(0);
    const wrong = cost.forward(tf.tensor2d([[-Infinity, 0]]), tf.tensor2d([[1, 0]]));
    expect(numbers(wrong.loss)).toBe(Infinity);
  });

  test('NaN stays visible', () => {
    const { loss } = new KLDivergence().forward(tf.tensor1d([NaN]), tf.tensor1d([0.5]));
    expect(numbers(loss)).toBe(NaN);
  });
});

describeCostFixture('klDivergence', (options: KLDivergenceOptions) => new KLDivergence(options));

describeCostContract(
  (options) => new KLDivergence(options),
  () => [
    [half(), tf.tensor2d([[0.75, 0.25]])],
    [tf.fill([3, 2], -1), tf.fill([3, 2], 0.5)],
  ],
);

describeRefusals([
  [
    'KLDivergence.forward: expected target of shape [2, 3], got [2]',
    () => new KLDivergence().forward(blank([2, 3]), blank([2])),
  ],
  [
    'KLDivergence.forward: expected target probabilities from 0 to 1, got 2 at index 0',
    () => new KLDivergence().forward(blank([1]), tf.tensor1d([2])),
  ],
  [
    'KLDivergence.forward: expected input without an axis of size 0, got shape [0, 2]',
    () => new KLDivergence().forward(blank([0, 2]), blank([0, 2])),
  ],
  [
    'KLDivergence: expected reduction to be one of "mean", "sum", got "batchmean"',
    () => new KLDivergence({ reduction: 'batchmean' as never }),
  ],
]);
