import * as tf from '@tensorflow/tfjs-core';
import { BinaryCrossEntropy } from '../../losses/binaryCrossEntropy.ts';
import { Focal, type FocalOptions } from '../../losses/focal.ts';
import { expectAllClose, numbers } from '../support/compare.ts';
import { describeCostContract } from '../support/costContract.ts';
import { describeCostFixture, eachBackend } from '../support/fixtures.ts';
import { blank, describeRefusals } from '../support/refusals.ts';

const { log } = Math;

eachBackend('by hand', () => {
  test('an element that is right counts little', () => {
    // p = 3/4 for both. The yes has the loss α (1/4)² (−log 3/4), and the no (1 − α)(3/4)² (−log 1/4).
    const cost = new Focal({ alpha: 0.25, reduction: 'sum' });
    const x = tf.tensor2d([[log(3), log(3)]]);
    const { loss, cache } = cost.forward(x, tf.tensor2d([[1, 0]]));
    const [yes, no] = [(0.25 / 16) * -log(3 / 4), 0.75 * (9 / 16) * -log(1 / 4)];
    expectAllClose(loss, { shape: [], values: [yes + no] });
    // −α (1 − p)² (2 p (−log p) + 1 − p), and (1 − α) p² (2 (1 − p)(−log(1 − p)) + p)
    expectAllClose(cost.backpropToInput(cache), {
      shape: [1, 2],
      values: [
        (-0.25 / 16) * (1.5 * -log(3 / 4) + 1 / 4),
        0.75 * (9 / 16) * (0.5 * -log(1 / 4) + 3 / 4),
      ],
    });
  });

  test('with γ = 0 and α = ½ it is half of BinaryCrossEntropy', () => {
    const [x, y] = [tf.tensor2d([[2, -30], [0, 50]]), tf.tensor2d([[0.25, 0], [1, 0]])]; // prettier-ignore
    const [focal, other] = [new Focal({ gamma: 0, alpha: 0.5 }), new BinaryCrossEntropy()];
    const [a, b] = [focal.forward(x, y), other.forward(x, y)];
    expectAllClose(tf.mul(a.loss, 2), { shape: [], values: [...b.loss.dataSync()] });
    expectAllClose(tf.mul(focal.backpropToInput(a.cache), 2), {
      shape: [2, 2],
      values: [...other.backpropToInput(b.cache).dataSync()],
    });
  });

  test('NaN stays visible, and so does an infinity', () => {
    const cost = new Focal();
    for (const bad of [NaN, Infinity]) {
      const { loss, cache } = cost.forward(tf.tensor1d([bad]), tf.tensor1d([0]));
      expect(Number.isFinite(numbers(loss))).toBe(false);
      expect(cost.backpropToInput(cache).dataSync().every(Number.isFinite)).toBe(false);
    }
  });
});

describeCostFixture('focal', (options: FocalOptions) => new Focal(options));

describeCostContract(
  (options) => new Focal(options),
  () => [
    [tf.tensor2d([[1, -2, 0.5]]), tf.tensor2d([[1, 0, 0.5]])],
    [tf.ones([3, 2]), tf.zeros([3, 2])],
  ],
);

const cost = new Focal();

describeRefusals([
  [
    'Focal.forward: expected target of shape [4, 1], got [4]',
    () => cost.forward(blank([4, 1]), blank([4])),
  ],
  [
    'Focal.forward: expected input of dtype float32, got int32',
    () => cost.forward(blank([4], 'int32'), blank([4])),
  ],
  [
    'Focal.forward: expected input without an axis of size 0, got shape [0, 2]',
    () => cost.forward(blank([0, 2]), blank([0, 2])),
  ],
  [
    'Focal.forward: expected target probabilities from 0 to 1, got 2 at index 1',
    () => cost.forward(blank([2]), tf.tensor1d([0, 2])),
  ],
  ['Focal: expected gamma to be a number of at least 0, got -1', () => new Focal({ gamma: -1 })],
  ['Focal: expected alpha to be a number from 0 to 1, got 1.5', () => new Focal({ alpha: 1.5 })],
  [
    'Focal: expected reduction to be one of "mean", "sum", got "none"',
    () => new Focal({ reduction: 'none' as never }),
  ],
  ['Focal: unknown option gama; did you mean gamma?', () => new Focal({ gama: 2 } as never)],
]);
