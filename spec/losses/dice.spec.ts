import * as tf from '@tensorflow/tfjs-core';
import { Dice, type DiceOptions } from '../../losses/dice.ts';
import { expectAllClose, numbers } from '../support/compare.ts';
import { describeCostContract } from '../support/costContract.ts';
import { describeCostFixture, eachBackend } from '../support/fixtures.ts';
import { blank, describeRefusals } from '../support/refusals.ts';

/** One image of four pixels: the mask covers two, and the prediction half of each of three. */
const predicted = () => tf.tensor4d([0.5, 0.5, 0.5, 0], [1, 2, 2, 1]);
const mask = () => tf.tensor4d([1, 1, 0, 0], [1, 2, 2, 1]);

eachBackend('by hand', () => {
  test('one minus the overlap', () => {
    // Σ p y = 1, Σ p = 1.5, Σ y = 2 and s = 0.5: d = 2.5 / 4.
    const cost = new Dice({ smooth: 0.5 });
    const { loss, cache } = cost.forward(predicted(), mask());
    expect(numbers(loss)).toBe(1 - 2.5 / 4);
    // (d − 2 y)/(U + s)
    const [inside, outside] = [(0.625 - 2) / 4, 0.625 / 4];
    expectAllClose(cost.backpropToInput(cache), {
      shape: [1, 2, 2, 1],
      values: [inside, inside, outside, outside],
    });
  });

  test('with squares: U = Σ p² + Σ y²', () => {
    const cost = new Dice({ smooth: 0.25, squared: true });
    const { loss, cache } = cost.forward(predicted(), mask());
    const d = 2.25 / (0.75 + 2 + 0.25);
    expectAllClose(loss, { shape: [], values: [1 - d] });
    expectAllClose(cost.backpropToInput(cache), {
      shape: [1, 2, 2, 1],
      values: [(d - 2) / 3, (d - 2) / 3, d / 3, 0],
    });
  });

  test('two empty regions are equal', () => {
    const cost = new Dice();
    const { loss, cache } = cost.forward(tf.zeros([2, 3, 1]), tf.zeros([2, 3, 1]));
    expect(numbers(loss)).toBe(0);
    expect(cost.backpropToInput(cache).dataSync().every(Number.isFinite)).toBe(true);
  });

  test.each([NaN, Infinity])('%d stays visible', (bad) => {
    const cost = new Dice();
    const { loss } = cost.forward(tf.tensor2d([[bad, 0]]), tf.tensor2d([[1, 0]]));
    expect(Number.isFinite(numbers(loss))).toBe(false);
  });
});

describeCostFixture('dice', (options: DiceOptions) => new Dice(options));

describeCostContract(
  (options) => new Dice(options),
  () => [
    [predicted(), mask()],
    [tf.fill([3, 2, 2], 0.5), tf.ones([3, 2, 2])],
  ],
);

describeRefusals([
  [
    'Dice.forward: expected input of rank 2 or more, got shape [4]',
    () => new Dice().forward(blank([4]), blank([4])),
  ],
  [
    'Dice.forward: expected target of shape [2, 3, 1], got [2, 3]',
    () => new Dice().forward(blank([2, 3, 1]), blank([2, 3])),
  ],
  [
    'Dice.forward: expected input without an axis of size 0, got shape [0, 2]',
    () => new Dice().forward(blank([0, 2]), blank([0, 2])),
  ],
  [
    'Dice.forward: expected target probabilities from 0 to 1, got -1 at index 0',
    () => new Dice().forward(blank([1, 1]), tf.tensor2d([[-1]])),
  ],
  ['Dice: expected smooth to be a number above 0, got 0', () => new Dice({ smooth: 0 })],
  [
    'Dice: expected squared to be one of true, false, got 1',
    () => new Dice({ squared: 1 as never }),
  ],
  [
    'Dice: unknown option eps; expected one of smooth, squared, reduction',
    () => new Dice({ eps: 1 } as never),
  ],
]);
