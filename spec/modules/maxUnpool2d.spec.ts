import * as tf from '@tensorflow/tfjs-core';
import { tidy } from '../../lib/memory.ts';
import { Module } from '../../lib/module.ts';
import type { Pair } from '../../lib/geometry.ts';
import {
  MaxUnpool2D,
  type MaxUnpool2DCache,
  type MaxUnpool2DOptions,
} from '../../modules/maxUnpool2d.ts';
import { image, rowsOf, type Packed } from '../support/compare.ts';
import { describeContract } from '../support/contract.ts';
import { describeFixture, eachBackend } from '../support/fixtures.ts';
import { blank, describeRefusals } from '../support/refusals.ts';

eachBackend('by hand', () => {
  const large = () =>
    image([
      [1, 9, 5, 5],
      [3, 2, 5, 5],
    ]);

  test('each value goes to the winner of its window, the first of equals', () => {
    const { output, cache } = new MaxUnpool2D(2).forward([image([[7, -8]]), large()]);
    expect(rowsOf(output)).toEqual([
      [0, 7, -8, 0],
      [0, 0, 0, 0],
    ]);
    const g = image([
      [1, 2, 3, 4],
      [5, 6, 7, 8],
    ]);
    const [toValues, toLarge] = new MaxUnpool2D(2).backpropToInput(g, cache);
    expect(rowsOf(toValues as tf.Tensor4D)).toEqual([[2, 3]]);
    expect(rowsOf(toLarge as tf.Tensor4D)).toEqual([
      [0, 0, 0, 0],
      [0, 0, 0, 0],
    ]);
  });

  test('an infinite gradient of another pixel does not reach the value', () => {
    const box = new MaxUnpool2D(2);
    const { cache } = box.forward([image([[7, -8]]), large()]);
    const g = image([
      [Infinity, 2, NaN, 4],
      [5, -Infinity, 7, 8],
    ]);
    expect(rowsOf(box.backpropToInput(g, cache)[0] as tf.Tensor4D)).toEqual([[2, NaN]]);
  });
});

/** MaxUnpool2D with a given input of the pool, so that it has one input, as PyTorch's. */
class Unpooled extends Module<tf.Tensor4D, tf.Tensor4D, MaxUnpool2DCache> {
  readonly box: MaxUnpool2D;
  readonly large: Packed;

  constructor(box: MaxUnpool2D, large: Packed) {
    super();
    this.box = box;
    this.large = large;
  }

  forward(input: tf.Tensor4D) {
    return tidy(() => {
      const large = tf.tensor([...this.large.values], [...this.large.shape]);
      return this.box.forward([input, large]);
    });
  }

  backpropToInput(gradOutput: tf.Tensor4D, cache: MaxUnpool2DCache): tf.Tensor4D {
    const [grad, zeros] = this.box.backpropToInput(gradOutput, cache);
    zeros.dispose();
    return grad as tf.Tensor4D;
  }
}

describeFixture(
  'maxUnpool2d',
  (kernelSize: Pair, options: MaxUnpool2DOptions, large: Packed) =>
    new Unpooled(new MaxUnpool2D(kernelSize, options), large),
);

const counted = { shape: [2, 4, 3, 1], values: Array.from({ length: 24 }, (_, i) => i) };

describeContract(
  () => new Unpooled(new MaxUnpool2D([2, 1]), counted),
  () => [tf.ones([2, 2, 3, 1]), tf.fill([2, 2, 3, 1], 2)],
);

const small = (options: MaxUnpool2DOptions = {}) => new MaxUnpool2D([2, 3], options);

describeRefusals([
  [
    'MaxUnpool2D: expected a stride of at least the kernel, 2x3, because windows must not overlap, got 2x2',
    () => small({ stride: 2 }),
  ],
  [
    'MaxUnpool2D.forward: expected two inputs, the values and the input of the pool, got 1',
    () => small().forward([blank([1, 2, 2, 1])]),
  ],
  [
    'MaxUnpool2D.forward: expected input[0] of shape [1, 2, 2, 1], got [1, 2, 3, 1]',
    () => small().forward([blank([1, 2, 3, 1]), blank([1, 4, 6, 1])]),
  ],
  [
    'MaxUnpool2D.forward: expected input[1] of shape [N, H, W, C], got [4, 6, 1]',
    () => small().forward([blank([1, 2, 2, 1]), blank([4, 6, 1])]),
  ],
]);
