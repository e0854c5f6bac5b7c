import * as tf from '@tensorflow/tfjs-core';
import type { Cost, Reduction } from '../../lib/cost.ts';
import { Rng } from '../../lib/rng.ts';
import { Euclidean } from '../../losses/euclidean.ts';
import { Huber, type HuberOptions } from '../../losses/huber.ts';
import { L1 } from '../../losses/l1.ts';
import { expectAllClose, numbers, type Packed } from '../support/compare.ts';
import { describeCostContract } from '../support/costContract.ts';
import { describeCostFixture, eachBackend, tensorOf } from '../support/fixtures.ts';
import { Grid } from '../support/grid.ts';
import { blank, describeRefusals } from '../support/refusals.ts';

eachBackend('by hand', () => {
  test('quadratic up to δ and linear beyond; the gradient is the difference clipped at ±δ', () => {
    const cost = new Huber({ delta: 2, reduction: 'sum' });
    const { loss, cache } = cost.forward(tf.tensor2d([[1, -2, 5, -4, 0]]), tf.zeros([1, 5]));
    expect(numbers(loss)).toBe(1 / 2 + 4 / 2 + 2 * (5 - 1) + 2 * (4 - 1) + 0);
    expect(numbers(cost.backpropToInput(cache))).toEqual([[1, -2, 2, -2, 0]]);
  });

  test('δ is 1 by default, and the mean divides by the number of examples', () => {
    const cost = new Huber();
    expect(cost.delta).toBe(1);
    const { loss, cache } = cost.forward(
      tf.tensor2d([
        [0.5, 3],
        [0, 0],
      ]),
      tf.zeros([2, 2]),
    );
    expect(numbers(loss)).toBe((0.125 + 2.5) / 2);
    expect(numbers(cost.backpropToInput(cache))).toEqual([
      [0.25, 0.5],
      [0, 0],
    ]);
  });
});

/** The loss and the gradient as numbers, divided by a factor. */
function run(cost: Cost<tf.Tensor, tf.Tensor>, x: Packed, y: Packed, factor = 1): [Packed, Packed] {
  const { loss, cache } = cost.forward(tensorOf(x), tensorOf(y));
  const over = (tensor: tf.Tensor) => ({
    shape: tensor.shape,
    values: Array.from(tensor.dataSync(), (value) => value / factor),
  });
  return [over(loss), over(cost.backpropToInput(cache))];
}

eachBackend('at its ends', () => {
  const rng = new Rng(1);
  const draws = Array.from({ length: 20 }, (_, i) => {
    const shape = [1 + (i % 4), 1 + rng.integer(5), 1 + rng.integer(3)];
    const reduction: Reduction = i % 2 ? 'mean' : 'sum';
    return { shape, reduction, x: Grid.random(shape, rng), y: Grid.random(shape, rng) };
  });

  test.each(draws)(
    'on $shape, $reduction: equals Euclidean for a huge δ',
    ({ x, y, reduction }) => {
      const [loss, gradInput] = run(new Huber({ delta: 1e6, reduction }), x, y);
      const expected = run(new Euclidean({ reduction }), x, y);
      expectAllClose(tensorOf(loss), expected[0], 'loss');
      expectAllClose(tensorOf(gradInput), expected[1], 'gradInput');
    },
  );

  test.each(draws)(
    'on $shape, $reduction: equals δ times L1 for a tiny δ',
    ({ x, y, reduction }) => {
      const delta = 2 ** -24;
      const [loss, gradInput] = run(new Huber({ delta, reduction }), x, y, delta);
      const expected = run(new L1({ reduction }), x, y);
      // For each element, C/δ is smaller than L1 by δ/2.
      expectAllClose(tensorOf(loss), expected[0], 'loss');
      expectAllClose(tensorOf(gradInput), expected[1], 'gradInput');
    },
  );
});

describeCostFixture('huber', (options: HuberOptions) => new Huber(options));

describeCostContract(
  (options) => new Huber({ delta: 0.75, ...options }),
  () => [
    [tf.tensor2d([[1, 2, 0.5]]), tf.tensor2d([[1.5, -1, 0.5]])],
    [tf.ones([3, 2]), tf.zeros([3, 2])],
  ],
);

const cost = new Huber();

describeRefusals([
  [
    'Huber.forward: expected target of shape [4, 1], got [4]', // tfjs would make a 4x4 matrix of it
    () => cost.forward(blank([4, 1]), blank([4])),
  ],
  [
    'Huber.forward: expected input of dtype float32, got int32',
    () => cost.forward(blank([4], 'int32'), blank([4])),
  ],
  [
    'Huber.forward: expected target of dtype float32, got int32',
    () => cost.forward(blank([4]), blank([4], 'int32')),
  ],
  ['Huber: expected delta to be a number above 0, got 0', () => new Huber({ delta: 0 })],
  ['Huber: expected delta to be a number above 0, got -1', () => new Huber({ delta: -1 })],
  ['Huber: expected delta to be a number above 0, got NaN', () => new Huber({ delta: NaN })],
  [
    'Huber: expected delta to be a number above 0, got Infinity',
    () => new Huber({ delta: Infinity }),
  ],
  [
    'Huber: expected reduction to be one of "mean", "sum", got "none"',
    () => new Huber({ reduction: 'none' as Reduction }),
  ],
]);
