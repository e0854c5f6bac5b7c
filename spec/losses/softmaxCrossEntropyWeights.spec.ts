import * as tf from '@tensorflow/tfjs-core';
import type { Cost } from '../../lib/cost.ts';
import { NegativeLogLikelihood } from '../../losses/negativeLogLikelihood.ts';
import {
  SoftmaxCrossEntropy,
  type SoftmaxCrossEntropyOptions,
} from '../../losses/softmaxCrossEntropy.ts';
import { expectAllClose, numbers } from '../support/compare.ts';
import { describeCostContract } from '../support/costContract.ts';
import { describeCostFixture, eachBackend } from '../support/fixtures.ts';
import { blank, describeRefusals } from '../support/refusals.ts';

const labels = (...of: number[]) => tf.tensor1d(of, 'int32');
const { log } = Math;

/** Scores whose softmax is p = [1/4 3/4] and [1/2 1/2]. */
const scores = () =>
  tf.tensor2d([
    [0, log(3)],
    [5, 5],
  ]);

eachBackend('by hand', () => {
  test('the mean over labels divides by the sum of the label weights', () => {
    const cost = new SoftmaxCrossEntropy({ weights: [1, 4] });
    const { loss, cache } = cost.forward(scores(), labels(1, 0));
    expectAllClose(loss, { shape: [], values: [(-4 * log(3 / 4) - log(1 / 2)) / 5] });
    expectAllClose(cost.backpropToInput(cache), {
      shape: [2, 2],
      values: [1 / 5, -1 / 5, -1 / 10, 1 / 10],
    });
  });

  test('the mean over probabilities divides by the number of examples', () => {
    const cost = new SoftmaxCrossEntropy({ weights: [1, 4] });
    const { loss, cache } = cost.forward(scores(), tf.tensor2d([0, 1, 1, 0], [2, 2]));
    expectAllClose(loss, { shape: [], values: [(-4 * log(3 / 4) - log(1 / 2)) / 2] });
    expectAllClose(cost.backpropToInput(cache), {
      shape: [2, 2],
      values: [1 / 2, -1 / 2, -1 / 4, 1 / 4],
    });
  });

  test('an ignored example adds nothing to the loss, and the mean is over the others', () => {
    const cost = new SoftmaxCrossEntropy({ ignoreIndex: -100 });
    const { loss, cache } = cost.forward(scores(), labels(-100, 0));
    expectAllClose(loss, { shape: [], values: [-log(1 / 2)] });
    expectAllClose(cost.backpropToInput(cache), { shape: [2, 2], values: [0, 0, -1 / 2, 1 / 2] });
  });

  test('the ignored label may be a valid class', () => {
    const cost = new SoftmaxCrossEntropy({ ignoreIndex: 1 });
    expectAllClose(cost.forward(scores(), labels(1, 0)).loss, { shape: [], values: [-log(1 / 2)] });
  });

  test('an ignored label of −1 does not change the example before it', () => {
    const cost = new SoftmaxCrossEntropy({ ignoreIndex: -1 });
    expectAllClose(cost.forward(scores(), labels(1, -1)).loss, {
      shape: [],
      values: [-log(3 / 4)],
    });
  });

  test('the sum over only ignored examples is 0', () => {
    const cost = new SoftmaxCrossEntropy({ ignoreIndex: -1, reduction: 'sum' });
    const { loss, cache } = cost.forward(scores(), labels(-1, -1));
    expect(loss.dataSync()[0]).toBeCloseTo(0, 10);
    expectAllClose(cost.backpropToInput(cache), { shape: [2, 2], values: [0, 0, 0, 0] });
  });

  test('a class with a score of −∞ adds nothing to the loss', () => {
    const cost = new SoftmaxCrossEntropy();
    const { loss, cache } = cost.forward(tf.tensor2d([[0, -Infinity, log(3)]]), labels(2));
    expectAllClose(loss, { shape: [], values: [-log(3 / 4)] });
    expectAllClose(cost.backpropToInput(cache), { shape: [1, 3], values: [1 / 4, 0, -1 / 4] });
    expect(numbers(cost.forward(tf.tensor2d([[0, -Infinity]]), labels(1)).loss)).toBe(Infinity);
  });

  test('divisorOf is the sum of the weights of the labels that count', () => {
    const cost = new SoftmaxCrossEntropy({ weights: [0.5, 2, 4], ignoreIndex: 2 });
    expect(cost.divisorOf(labels(0, 1, 2, 1))).toBe(4.5);
    expect(new NegativeLogLikelihood().divisorOf(labels(0, 1, 2, 1))).toBe(4);
    expect(cost.divisorOf(tf.zeros<tf.Rank.R2>([5, 3]))).toBe(5);
  });

  test('the cost copies the weights', () => {
    const weights = [1, 4];
    const cost = new SoftmaxCrossEntropy({ weights });
    weights[1] = 100;
    expect(cost.weights).toEqual([1, 4]);
  });
});

describeCostFixture(
  'softmaxCrossEntropyWeights',
  (options: SoftmaxCrossEntropyOptions) => new SoftmaxCrossEntropy(options),
);

describeCostContract(
  (options): Cost<tf.Tensor, tf.Tensor> => new SoftmaxCrossEntropy({ weights: [1, 4], ...options }),
  () => [
    [scores(), tf.tensor2d([0, 1, 1, 0], [2, 2])],
    [tf.ones([3, 2]), tf.fill([3, 2], 0.5)],
  ],
);

const three = new SoftmaxCrossEntropy({ weights: [0, 1, 2], ignoreIndex: -100 });
const x = () => blank<tf.Tensor2D>([2, 3]);

describeRefusals([
  [
    'SoftmaxCrossEntropy.forward: expected target to be a tensor, got undefined',
    () => new SoftmaxCrossEntropy().forward(blank([2, 3]), undefined as unknown as tf.Tensor1D),
  ],
  [
    'SoftmaxCrossEntropy.forward: expected input of shape [N, 3], got [2, 4]',
    () => three.forward(blank([2, 4]), labels(0, 1)),
  ],
  [
    'SoftmaxCrossEntropy.forward: expected labels from 0 to 2 or -100, got 3 at index 1',
    () => three.forward(x(), labels(-100, 3)),
  ],
  [
    'SoftmaxCrossEntropy.forward: expected labels from 0 to 2, got -1 at index 1', // -1 is not the ignored label
    () => new SoftmaxCrossEntropy({ ignoreIndex: 0 }).forward(x(), labels(0, -1)),
  ],
  [
    'SoftmaxCrossEntropy.forward: expected at least one label for the mean that is not ignored and whose weight is not 0, got none among 2',
    () => three.forward(x(), labels(-100, -100)),
  ],
  [
    'SoftmaxCrossEntropy.forward: expected at least one label for the mean that is not ignored and whose weight is not 0, got none among 2',
    () => three.forward(x(), labels(0, 0)),
  ],
  [
    'SoftmaxCrossEntropy.forward: expected labels, because ignoreIndex is -100, got probabilities',
    () => three.forward(x(), blank([2, 3])),
  ],
  [
    'SoftmaxCrossEntropy: expected weights[1] to be a number of at least 0, got -1',
    () => new SoftmaxCrossEntropy({ weights: [1, -1] }),
  ],
  [
    'SoftmaxCrossEntropy: expected weights[0] to be a number of at least 0, got NaN',
    () => new SoftmaxCrossEntropy({ weights: [NaN, 1] }),
  ],
  [
    'SoftmaxCrossEntropy: expected the number of weights to be an integer of at least 1, got 0',
    () => new SoftmaxCrossEntropy({ weights: [] }),
  ],
  [
    'SoftmaxCrossEntropy: expected ignoreIndex to be an integer of at least -2147483648, got 0.5',
    () => new SoftmaxCrossEntropy({ ignoreIndex: 0.5 }),
  ],
]);
