import * as tf from '@tensorflow/tfjs-core';
import type { Cost } from '../../lib/cost.ts';
import {
  NegativeLogLikelihood,
  type NegativeLogLikelihoodOptions,
} from '../../losses/negativeLogLikelihood.ts';
import {
  SoftmaxCrossEntropy,
  type SoftmaxCrossEntropyOptions,
} from '../../losses/softmaxCrossEntropy.ts';
import { expectAllClose, numbers } from '../support/compare.ts';
import { describeCostContract } from '../support/costContract.ts';
import { describeCostFixture, eachBackend } from '../support/fixtures.ts';
import { blank, describeRefusals } from '../support/refusals.ts';

const { log } = Math;

/** One image of 1x2 pixels, with the probabilities [1/4 3/4] and [1/2 1/2]. */
const scores = () => tf.tensor4d([0, log(3), 5, 5], [1, 1, 2, 2]);
const labels = (...of: number[]) => tf.tensor3d(of, [1, 1, 2], 'int32');

eachBackend('by hand', () => {
  test('each pixel is one classification, and the mean is over the pixels', () => {
    const cost = new SoftmaxCrossEntropy();
    const { loss, cache } = cost.forward(scores(), labels(1, 0));
    expectAllClose(loss, { shape: [], values: [(-log(3 / 4) - log(1 / 2)) / 2] });
    expectAllClose(cost.backpropToInput(cache), {
      shape: [1, 1, 2, 2],
      values: [1 / 8, -1 / 8, -1 / 4, 1 / 4],
    });
    expect(cost.divisorOf(labels(1, 0))).toBe(2);
    expect(cost.divisorOf(tf.zeros([1, 1, 2, 2]))).toBe(2);
  });

  test('an ignored pixel has no gradient', () => {
    const cost = new SoftmaxCrossEntropy({ ignoreIndex: 255 });
    const { loss, cache } = cost.forward(scores(), labels(255, 0));
    expectAllClose(loss, { shape: [], values: [-log(1 / 2)] });
    expectAllClose(cost.backpropToInput(cache), {
      shape: [1, 1, 2, 2],
      values: [0, 0, -1 / 2, 1 / 2],
    });
    expect(cost.divisorOf(labels(255, 0))).toBe(1);
  });

  test('label smoothing moves ε/K to every class', () => {
    // y = [0.2 0.8] with ε = 0.4, and p − y = [1/4 3/4] − [1/5 4/5].
    const cost = new SoftmaxCrossEntropy({ labelSmoothing: 0.4 });
    const one = tf.tensor2d([[0, log(3)]]);
    for (const target of [tf.tensor1d([1], 'int32'), tf.tensor2d([[0, 1]])]) {
      const { loss, cache } = cost.forward(one, target);
      expectAllClose(loss, { shape: [], values: [-0.2 * log(1 / 4) - 0.8 * log(3 / 4)] });
      expectAllClose(cost.backpropToInput(cache), { shape: [1, 2], values: [0.05, -0.05] });
    }
  });

  test('an ignored label is not smoothed', () => {
    const cost = new SoftmaxCrossEntropy({ labelSmoothing: 0.4, ignoreIndex: -1 });
    const { loss, cache } = cost.forward(scores(), labels(1, -1));
    expectAllClose(loss, { shape: [], values: [-0.2 * log(1 / 4) - 0.8 * log(3 / 4)] });
    expectAllClose(cost.backpropToInput(cache), {
      shape: [1, 1, 2, 2],
      values: [0.05, -0.05, 0, 0],
    });
  });

  test('NaN and infinity stay visible', () => {
    const cost = new SoftmaxCrossEntropy({ labelSmoothing: 0.1 });
    for (const bad of [NaN, Infinity]) {
      const { loss, cache } = cost.forward(tf.tensor2d([[bad, 0]]), tf.tensor1d([1], 'int32'));
      expect(Number.isFinite(numbers(loss))).toBe(false);
      expect(cost.backpropToInput(cache).dataSync().some(Number.isNaN)).toBe(true);
    }
  });
});

describeCostFixture(
  'softmaxCrossEntropySmooth',
  (options: SoftmaxCrossEntropyOptions) => new SoftmaxCrossEntropy(options),
);
describeCostFixture(
  'softmaxCrossEntropyPixels',
  (options: SoftmaxCrossEntropyOptions) => new SoftmaxCrossEntropy(options),
);
describeCostFixture(
  'negativeLogLikelihoodPixels',
  (options: NegativeLogLikelihoodOptions) => new NegativeLogLikelihood(options),
);

describeCostContract(
  (options): Cost => new SoftmaxCrossEntropy({ labelSmoothing: 0.2, ...options }),
  () => [
    [tf.tensor2d([[0, 1, 2]]), tf.tensor1d([2], 'int32')],
    [tf.ones([3, 2]), tf.tensor1d([0, 1, 1], 'int32')],
  ],
);

describeRefusals([
  [
    'SoftmaxCrossEntropy.forward: expected labels of shape [2, 3, 4], got [2, 3, 5]',
    () => new SoftmaxCrossEntropy().forward(blank([2, 3, 4, 7]), blank([2, 3, 5], 'int32')),
  ],
  [
    'SoftmaxCrossEntropy.forward: expected target of shape [2, 3, 4, 7], got [2]',
    () => new SoftmaxCrossEntropy().forward(blank([2, 3, 4, 7]), blank([2], 'int32')),
  ],
  [
    'SoftmaxCrossEntropy.forward: expected labels from 0 to 1, got 7 at index 1',
    () => new SoftmaxCrossEntropy().forward(blank([1, 1, 2, 2]), labels(0, 7)),
  ],
  [
    'SoftmaxCrossEntropy.forward: expected input without an axis of size 0, got shape [0, 3, 4, 7]',
    () => new SoftmaxCrossEntropy().forward(blank([0, 3, 4, 7]), blank([0, 3, 4], 'int32')),
  ],
  [
    'SoftmaxCrossEntropy: expected labelSmoothing to be a number from 0 to 1, got 1.5',
    () => new SoftmaxCrossEntropy({ labelSmoothing: 1.5 }),
  ],
  [
    'SoftmaxCrossEntropy: expected labelSmoothing to be a number of at least 0, got -0.1',
    () => new SoftmaxCrossEntropy({ labelSmoothing: -0.1 }),
  ],
  [
    'SoftmaxCrossEntropy: expected labelSmoothing to be a number of at least 0, got NaN',
    () => new SoftmaxCrossEntropy({ labelSmoothing: NaN }),
  ],
  [
    'NegativeLogLikelihood.forward: expected labels of shape [2, 3], got [2]',
    () => new NegativeLogLikelihood().forward(blank([2, 3, 4]), blank([2], 'int32')),
  ],
]);
