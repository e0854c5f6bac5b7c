import * as tf from '@tensorflow/tfjs-core';
import type { Reduction } from '../../lib/cost.ts';
import { disposeTensors } from '../../lib/memory.ts';
import {
  SoftmaxCrossEntropy,
  type SoftmaxCrossEntropyOptions,
} from '../../losses/softmaxCrossEntropy.ts';
import { expectAllClose, expectNoLeak, numbers } from '../support/compare.ts';
import { describeCostFixture, eachBackend } from '../support/fixtures.ts';
import { blank, describeRefusals } from '../support/refusals.ts';

/** Scores whose softmax is p = [1/4 3/4] and [1/2 1/2]. */
const scores = () =>
  tf.tensor2d([
    [0, Math.log(3)],
    [5, 5],
  ]);
const labels = (...of: number[]) => tf.tensor1d(of, 'int32');
const sum = new SoftmaxCrossEntropy({ reduction: 'sum' });

eachBackend('by hand', () => {
  test('the sum over labels, and p − y', () => {
    const { loss, cache } = sum.forward(scores(), labels(1, 0));
    expectAllClose(loss, { shape: [], values: [-Math.log(3 / 4) - Math.log(1 / 2)] });
    const gradInput = sum.backpropToInput(cache);
    expectAllClose(gradInput, { shape: [2, 2], values: [1 / 4, 3 / 4 - 1, 1 / 2 - 1, 1 / 2] });
  });

  test('the mean, the default, divides both by the number of examples', () => {
    const mean = new SoftmaxCrossEntropy();
    expect(mean.reduction).toBe('mean');
    const { loss, cache } = mean.forward(scores(), labels(1, 0));
    expectAllClose(loss, { shape: [], values: [-Math.log((3 / 4) * (1 / 2)) / 2] });
    const gradInput = mean.backpropToInput(cache);
    expectAllClose(gradInput, { shape: [2, 2], values: [1 / 8, -1 / 8, -1 / 4, 1 / 4] });
  });

  test('labels equal probabilities of 0 and 1', () => {
    const certain = tf.tensor2d([
      [0, 1],
      [1, 0],
    ]);
    const byLabels = sum.forward(scores(), labels(1, 0));
    const byProbabilities = sum.forward(scores(), certain);
    expect(numbers(byProbabilities.loss)).toBe(numbers(byLabels.loss));
    expect(numbers(sum.backpropToInput(byProbabilities.cache))).toEqual(
      numbers(sum.backpropToInput(byLabels.cache)),
    );
  });

  test.each([
    { x: [1e4, 0], label: 0, loss: 0, gradInput: [0, 0] },
    { x: [1e4, 0], label: 1, loss: 1e4, gradInput: [1, -1] },
    { x: [-1e4, 0], label: 0, loss: 1e4, gradInput: [-1, 1] },
    { x: [-1e4, -1e4], label: 1, loss: Math.LN2, gradInput: [1 / 2, -1 / 2] },
  ])('is exact for scores of any size: $x, label $label', ({ x, label, loss, gradInput }) => {
    const forward = sum.forward(tf.tensor2d([x]), labels(label));
    expectAllClose(forward.loss, { shape: [], values: [loss] });
    expectAllClose(sum.backpropToInput(forward.cache), { shape: [1, 2], values: gradInput });
  });

  test('changes neither scores nor target, leaks no tensor, and allows two forwards', () => {
    const [input, target, other] = [scores(), labels(1, 0), tf.softmax(scores())];
    const alone = numbers(sum.backpropToInput(sum.forward(input, target).cache));
    expectNoLeak(() => {
      const first = sum.forward(input, target);
      const second = sum.forward(input, other);
      const gradInput = sum.backpropToInput(first.cache);
      expect(numbers(gradInput)).toEqual(alone);
      disposeTensors([first, second, gradInput]);
    });
    expect([numbers(input), numbers(target), numbers(other)]).toEqual([
      numbers(scores()),
      [1, 0],
      numbers(tf.softmax(scores())),
    ]);
  });

  test('the target may be disposed before the backward', () => {
    const target = tf.softmax(scores());
    const expected = numbers(sum.backpropToInput(sum.forward(scores(), target).cache));
    const { cache } = sum.forward(scores(), target);
    target.dispose();
    expect(numbers(sum.backpropToInput(cache))).toEqual(expected);
  });
});

describeCostFixture(
  'softmaxCrossEntropy',
  (options: SoftmaxCrossEntropyOptions) => new SoftmaxCrossEntropy(options),
);

const x = () => blank<tf.Tensor2D>([2, 3]);
const probabilities = (...of: number[]) => tf.tensor2d(of, [2, 3]);

describeRefusals([
  [
    'SoftmaxCrossEntropy: unknown option weight; did you mean weights?',
    () => new SoftmaxCrossEntropy({ ...({ weight: [1, 2] } as object) }),
  ],
  [
    'SoftmaxCrossEntropy.forward: expected input of shape [N, classes], got [3]',
    () => sum.forward(blank([3]), labels(0)),
  ],
  [
    'SoftmaxCrossEntropy.forward: expected input of dtype float32, got int32',
    () => sum.forward(blank([2, 3], 'int32'), labels(0, 1)),
  ],
  [
    'SoftmaxCrossEntropy.forward: expected labels of shape [2], got [3]',
    () => sum.forward(x(), labels(0, 1, 2)),
  ],
  [
    'SoftmaxCrossEntropy.forward: expected labels of dtype int32, got float32',
    () => sum.forward(x(), blank([2])),
  ],
  [
    'SoftmaxCrossEntropy.forward: expected labels from 0 to 2, got 3 at index 1',
    () => sum.forward(x(), labels(2, 3)),
  ],
  [
    'SoftmaxCrossEntropy.forward: expected labels from 0 to 2, got -1 at index 0',
    () => sum.forward(x(), labels(-1, 3)),
  ],
  [
    'SoftmaxCrossEntropy.forward: expected target of shape [2, 3], got [2, 1]',
    () => sum.forward(x(), blank([2, 1])),
  ],
  [
    'SoftmaxCrossEntropy.forward: expected target of dtype float32, got int32',
    () => sum.forward(x(), blank([2, 3], 'int32')),
  ],
  [
    'SoftmaxCrossEntropy.forward: expected target probabilities of at least 0, got -0.5 at index 4',
    () => sum.forward(x(), probabilities(0, 0, 1, 1, -0.5, 0.5)),
  ],
  [
    'SoftmaxCrossEntropy.forward: expected target probabilities that sum to 1 for each example, got 3 for example 0',
    () => sum.forward(x(), probabilities(1, 1, 1, 1, 0, 0)),
  ],
  [
    'SoftmaxCrossEntropy.forward: expected target probabilities that sum to 1 for each example, got 0.99 for example 1',
    () => sum.forward(x(), probabilities(0.9, 0.1, 0, 0.9, 0.09, 0)),
  ],
  [
    'SoftmaxCrossEntropy.forward: expected target probabilities of at least 0, got NaN at index 2',
    () => sum.forward(x(), probabilities(0, 1, NaN, 1, 0, 0)),
  ],
  [
    'SoftmaxCrossEntropy.forward: expected target probabilities of at least 0, got Infinity at index 0',
    () => sum.forward(x(), probabilities(Infinity, 1, 0, 1, 0, 0)),
  ],
  [
    'SoftmaxCrossEntropy: expected reduction to be one of "mean", "sum", got "batch"',
    () => new SoftmaxCrossEntropy({ reduction: 'batch' as Reduction }),
  ],
]);
