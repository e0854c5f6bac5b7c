import * as tf from '@tensorflow/tfjs-core';
import type { Reduction } from '../../lib/cost.ts';
import { Rng } from '../../lib/rng.ts';
import {
  BinaryCrossEntropy,
  type BinaryCrossEntropyOptions,
} from '../../losses/binaryCrossEntropy.ts';
import { SoftmaxCrossEntropy } from '../../losses/softmaxCrossEntropy.ts';
import { expectAllClose } from '../support/compare.ts';
import { describeCostContract } from '../support/costContract.ts';
import { describeCostFixture, eachBackend, tensorOf } from '../support/fixtures.ts';
import { Grid } from '../support/grid.ts';
import { blank, describeRefusals } from '../support/refusals.ts';

const { log, log1p, exp } = Math;

eachBackend('by hand', () => {
  test('minus the logarithms of the probabilities, and σ(x) − y', () => {
    const cost = new BinaryCrossEntropy({ reduction: 'sum' });
    const { loss, cache } = cost.forward(
      tf.tensor2d([[log(3), 0, 0]]),
      tf.tensor2d([[1, 0, 0.25]]),
    ); // σ = 3/4 1/2 1/2
    expectAllClose(loss, { shape: [], values: [-log(3 / 4) - 2 * log(1 / 2)] });
    expectAllClose(cost.backpropToInput(cache), {
      shape: [1, 3],
      values: [3 / 4 - 1, 1 / 2, 1 / 4],
    });
  });

  test('a positive target has weight posWeight', () => {
    const cost = new BinaryCrossEntropy({ posWeight: [2, 5], reduction: 'sum' });
    const { loss, cache } = cost.forward(tf.tensor2d([[log(3), 0]]), tf.tensor2d([[1, 0.5]]));
    expectAllClose(loss, { shape: [], values: [-2 * log(3 / 4) - (5 / 2 + 1 / 2) * log(1 / 2)] });
    expectAllClose(cost.backpropToInput(cache), { shape: [1, 2], values: [-2 / 4, 1 / 4 - 5 / 4] });
  });

  test.each([
    { x: 1000, y: 1, loss: 0, gradInput: 0 },
    { x: 1000, y: 0, loss: 1000, gradInput: 1 },
    { x: -1000, y: 1, loss: 1000, gradInput: -1 },
    { x: -1000, y: 0, loss: 0, gradInput: 0 },
    { x: 20, y: 1, loss: log1p(exp(-20)), gradInput: -exp(-20) / (1 + exp(-20)) },
    { x: -20, y: 0, loss: log1p(exp(-20)), gradInput: exp(-20) / (1 + exp(-20)) },
    { x: 8, y: 1, loss: log1p(exp(-8)), gradInput: -exp(-8) / (1 + exp(-8)) },
  ])('is exact for scores of any size: $x, target $y', ({ x, y, loss, gradInput }) => {
    const cost = new BinaryCrossEntropy();
    const forward = cost.forward(tf.tensor1d([x]), tf.tensor1d([y]));
    expectAllClose(forward.loss, { shape: [], values: [loss] });
    expectAllClose(cost.backpropToInput(forward.cache), { shape: [1], values: [gradInput] });
  });
});

eachBackend('is SoftmaxCrossEntropy on the scores [0, x]', () => {
  const rng = new Rng(3);
  const draws = Array.from({ length: 20 }, (_, i) => {
    const batch = 1 + (i % 6);
    const weight = rng.pick([1, 2.5]);
    const x = Grid.random([batch], rng, -3, 3);
    const y = Array.from({ length: batch }, () => rng.integer(2));
    return { batch, weight, x, y, reduction: rng.pick<Reduction>(['mean', 'sum']) };
  });

  test.each(draws)(
    '$batch examples, $reduction, posWeight $weight',
    ({ batch, weight, x, y, reduction }) => {
      const binary = new BinaryCrossEntropy({ posWeight: weight, reduction });
      const ofBinary = binary.forward(tensorOf(x), tf.tensor1d(y));
      // The target is given as probabilities, because 'mean' then divides by the number of examples
      // for any weights.
      const softmax = new SoftmaxCrossEntropy({ weights: [1, weight], reduction });
      const pairs = tf.tensor2d(x.values.map((score) => [0, score]));
      const ofSoftmax = softmax.forward(pairs, tf.tensor2d(y.map((yes) => [1 - yes, yes])));
      expectAllClose(ofBinary.loss, { shape: [], values: [...ofSoftmax.loss.dataSync()] }, 'loss');
      const gradients = [...softmax.backpropToInput(ofSoftmax.cache).dataSync()];
      expectAllClose(binary.backpropToInput(ofBinary.cache), {
        shape: [batch],
        values: gradients.filter((_, i) => i % 2 === 1),
      });
    },
  );
});

describeCostFixture(
  'binaryCrossEntropy',
  (options: BinaryCrossEntropyOptions) => new BinaryCrossEntropy(options),
);

describeCostContract(
  (options) => new BinaryCrossEntropy({ posWeight: [3, 1], ...options }),
  () => [
    [tf.tensor2d([[1, -2]]), tf.tensor2d([[1, 0]])],
    [tf.ones([3, 2]), tf.zeros([3, 2])],
  ],
);

// Without a posWeight the cache holds its own copy of the target too.
describeCostContract(
  (options) => new BinaryCrossEntropy(options),
  () => [
    [tf.tensor1d([1, -2]), tf.tensor1d([1, 0])],
    [tf.tensor1d([3]), tf.tensor1d([0.5])],
  ],
);

const cost = new BinaryCrossEntropy();

describeRefusals([
  [
    'BinaryCrossEntropy.forward: expected target of shape [4, 1], got [4]', // tfjs would make a 4x4 matrix of it
    () => cost.forward(blank([4, 1]), blank([4])),
  ],
  [
    'BinaryCrossEntropy.forward: expected input of dtype float32, got int32',
    () => cost.forward(blank([4], 'int32'), blank([4])),
  ],
  [
    'BinaryCrossEntropy.forward: expected target of dtype float32, got int32',
    () => cost.forward(blank([4]), blank([4], 'int32')),
  ],
  [
    'BinaryCrossEntropy.forward: expected target probabilities from 0 to 1, got -1 at index 1',
    () => cost.forward(blank([3]), tf.tensor1d([1, -1, 1])),
  ],
  [
    'BinaryCrossEntropy.forward: expected target probabilities from 0 to 1, got 2 at index 0',
    () => cost.forward(blank([3]), tf.tensor1d([2, 0, 1])),
  ],
  [
    'BinaryCrossEntropy.forward: expected target probabilities from 0 to 1, got NaN at index 2',
    () => cost.forward(blank([3]), tf.tensor1d([1, 0, NaN])),
  ],
  [
    'BinaryCrossEntropy.forward: expected input of shape [..., 2], got [4, 3]',
    () => new BinaryCrossEntropy({ posWeight: [1, 2] }).forward(blank([4, 3]), blank([4, 3])),
  ],
  [
    'BinaryCrossEntropy.forward: expected input of shape [..., 1], got [4, 3]', // tfjs would broadcast it
    () => new BinaryCrossEntropy({ posWeight: [2] }).forward(blank([4, 3]), blank([4, 3])),
  ],
  [
    'BinaryCrossEntropy: expected posWeight to be a number above 0, got 0',
    () => new BinaryCrossEntropy({ posWeight: 0 }),
  ],
  [
    'BinaryCrossEntropy: expected posWeight[1] to be a number above 0, got -2',
    () => new BinaryCrossEntropy({ posWeight: [1, -2] }),
  ],
  [
    'BinaryCrossEntropy: expected reduction to be one of "mean", "sum", got "none"',
    () => new BinaryCrossEntropy({ reduction: 'none' as Reduction }),
  ],
]);
