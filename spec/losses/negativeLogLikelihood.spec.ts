import * as tf from '@tensorflow/tfjs-core';
import type { Reduction } from '../../lib/cost.ts';
import { Rng } from '../../lib/rng.ts';
import {
  NegativeLogLikelihood,
  type NegativeLogLikelihoodOptions,
} from '../../losses/negativeLogLikelihood.ts';
import { SoftmaxCrossEntropy } from '../../losses/softmaxCrossEntropy.ts';
import { LogSoftmax } from '../../modules/logSoftmax.ts';
import { expectAllClose, numbers } from '../support/compare.ts';
import { describeCostContract } from '../support/costContract.ts';
import { describeCostFixture, eachBackend, tensorOf } from '../support/fixtures.ts';
import { Grid } from '../support/grid.ts';
import { blank, describeRefusals } from '../support/refusals.ts';

const labels = (...of: number[]) => tf.tensor1d(of, 'int32');
const sum = new NegativeLogLikelihood({ reduction: 'sum' });
const x = () =>
  tf.tensor2d([
    [-1, -2, -4],
    [-0.5, -8, -3],
  ]);

eachBackend('by hand', () => {
  test('minus the log-probabilities of the labels, and −1 at each', () => {
    const { loss, cache } = sum.forward(x(), labels(1, 0));
    expect(numbers(loss)).toBe(2 + 0.5);
    expectAllClose(sum.backpropToInput(cache), { shape: [2, 3], values: [0, -1, 0, -1, 0, 0] });
  });

  test('the mean divides by the sum of the weights of the examples that are not ignored', () => {
    const cost = new NegativeLogLikelihood({ weights: [4, 2, 8], ignoreIndex: -1 });
    const three = tf.concat([x(), tf.ones<tf.Rank.R2>([1, 3])]);
    const { loss, cache } = cost.forward(three, labels(1, 0, -1));
    expectAllClose(loss, { shape: [], values: [(2 * 2 + 4 * 0.5) / (2 + 4)] });
    expectAllClose(cost.backpropToInput(cache), {
      shape: [3, 3],
      values: [0, -2 / 6, 0, -4 / 6, 0, 0, 0, 0, 0],
    });
  });

  test('a probability of 0 adds to the loss only if it belongs to the label', () => {
    const certain = () => tf.tensor2d([[-Infinity, 0, -Infinity]]);
    expect(sum.forward(certain(), labels(1)).loss.dataSync()[0]).toBeCloseTo(0, 10);
    expect(numbers(sum.forward(certain(), labels(2)).loss)).toBe(Infinity);
  });
});

eachBackend('after LogSoftmax is SoftmaxCrossEntropy', () => {
  const rng = new Rng(4);
  const draws = Array.from({ length: 30 }, (_, i) => {
    const [batch, classes] = [1 + (i % 6), 2 + rng.integer(5)];
    const ignoreIndex = rng.pick([-100, 0]);
    const options: NegativeLogLikelihoodOptions = {
      reduction: rng.pick(['mean', 'sum']),
      ...(i % 2 && { weights: Array.from({ length: classes }, () => (1 + rng.integer(8)) / 4) }),
      ...(i % 3 && { ignoreIndex }),
    };
    const y = Array.from({ length: batch }, (_, n) =>
      i % 3 && n % 2 ? ignoreIndex : 1 + rng.integer(classes - 1),
    );
    return { shape: [batch, classes], options, y, x: Grid.random([batch, classes], rng, -9, 9) };
  });

  test.each(draws)('on $shape, $options, labels $y', ({ options, y, x }) => {
    const scores = tensorOf(x) as tf.Tensor2D;
    const [logSoftmax, likelihood] = [new LogSoftmax(), new NegativeLogLikelihood(options)];
    const first = logSoftmax.forward(scores);
    const second = likelihood.forward(first.output, labels(...y));
    const gradInput = logSoftmax.backpropToInput(
      likelihood.backpropToInput(second.cache),
      first.cache,
    );
    const entropy = new SoftmaxCrossEntropy(options);
    const expected = entropy.forward(scores, labels(...y));
    const packed = (tensor: tf.Tensor) => ({ shape: tensor.shape, values: [...tensor.dataSync()] });
    expectAllClose(second.loss, packed(expected.loss), 'loss');
    expectAllClose(gradInput, packed(entropy.backpropToInput(expected.cache)), 'gradInput');
  });
});

describeCostFixture(
  'negativeLogLikelihood',
  (options: NegativeLogLikelihoodOptions) => new NegativeLogLikelihood(options),
);

describeCostContract(
  (options) => new NegativeLogLikelihood(options),
  () => [
    [x(), labels(2, 0)],
    [tf.ones([3, 2]), labels(1, 0, 1)],
  ],
);

const mean = new NegativeLogLikelihood({ weights: [0, 1, 2], ignoreIndex: -100 });

describeRefusals([
  [
    'NegativeLogLikelihood.forward: expected input of shape [N, classes], got [3]',
    () => sum.forward(blank([3]), labels(0)),
  ],
  [
    'NegativeLogLikelihood.forward: expected input of shape [N, 3], got [2, 4]',
    () => mean.forward(blank([2, 4]), labels(0, 1)),
  ],
  [
    'NegativeLogLikelihood.forward: expected input of dtype float32, got int32',
    () => sum.forward(blank([2, 3], 'int32'), labels(0, 1)),
  ],
  [
    'NegativeLogLikelihood.forward: expected labels of shape [2], got [3]',
    () => sum.forward(x(), labels(0, 1, 2)),
  ],
  [
    'NegativeLogLikelihood.forward: expected labels of dtype int32, got float32',
    () => sum.forward(x(), blank([2])),
  ],
  [
    'NegativeLogLikelihood.forward: expected labels from 0 to 2, got 3 at index 1',
    () => sum.forward(x(), labels(2, 3)),
  ],
  [
    'NegativeLogLikelihood.forward: expected labels from 0 to 2 or -100, got -1 at index 1',
    () => mean.forward(x(), labels(-100, -1)),
  ],
  [
    'NegativeLogLikelihood.forward: expected at least one label for the mean that is not ignored and whose weight is not 0, got none among 2',
    () => mean.forward(x(), labels(-100, 0)),
  ],
  [
    'NegativeLogLikelihood: expected reduction to be one of "mean", "sum", got "none"',
    () => new NegativeLogLikelihood({ reduction: 'none' as Reduction }),
  ],
]);
