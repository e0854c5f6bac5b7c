import * as tf from '@tensorflow/tfjs-core';
import { inputsOf, windowAt } from '../../lib/window.ts';
import { Product } from '../../modules/product.ts';
import { eachBackend } from '../support/fixtures.ts';
import { describeMerging, describeUnlike, mergedAndBack } from '../support/merging.ts';
import { blank, describeRefusals } from '../support/refusals.ts';

eachBackend('by hand', () => {
  test('three factors: the gradient of each is the product of the others', () => {
    const inputs = [tf.tensor1d([1, 2]), tf.tensor1d([3, -4]), tf.tensor1d([5, 6])];
    const { output, grads } = mergedAndBack(new Product(), inputs, tf.tensor1d([10, 100]));
    expect(output).toEqual([15, -48]);
    expect(grads).toEqual([
      [10 * 3 * 5, 100 * -4 * 6],
      [10 * 1 * 5, 100 * 2 * 6],
      [10 * 1 * 3, 100 * 2 * -4],
    ]);
  });

  test('if one factor is 0, only that factor has a gradient', () => {
    const inputs = [tf.tensor1d([2]), tf.tensor1d([0]), tf.tensor1d([3])];
    const { output, grads } = mergedAndBack(new Product(), inputs, tf.tensor1d([10]));
    expect(output).toEqual([0]);
    expect(grads).toEqual([[0], [60], [0]]);
  });

  test('a single factor', () => {
    expect(mergedAndBack(new Product(), [tf.scalar(2)], tf.scalar(7))).toEqual({
      output: 2,
      grads: [7],
    });
  });

  test('a gate per channel, [N, 1, 1, C]: its gradient is the sum over the image', () => {
    const image = tf.tensor4d([1, 2, 3, 4, 5, 6, 7, 8], [2, 1, 2, 2]);
    const gate = tf.tensor4d([10, 100, -10, 0], [2, 1, 1, 2]);
    const gradOutput = tf.tensor4d([1, 2, 3, 4, 5, 6, 7, 8], [2, 1, 2, 2]);
    const { output, grads } = mergedAndBack(new Product(), [image, gate], gradOutput);
    // prettier-ignore
    expect(output).toEqual([[[[10, 200], [30, 400]]], [[[-50, 0], [-70, 0]]]]);
    expect(grads).toEqual([
      // prettier-ignore
      [[[[10, 200], [30, 400]]], [[[-50, 0], [-70, 0]]]],
      [[[[1 * 1 + 3 * 3, 2 * 2 + 4 * 4]]], [[[5 * 5 + 7 * 7, 6 * 6 + 8 * 8]]]],
    ]);
  });

  test('a column and a row: each is repeated along the other', () => {
    const inputs = [tf.tensor3d([2, 3], [1, 2, 1]), tf.tensor3d([5, 7, 11], [1, 1, 3])];
    const gradOutput = tf.tensor3d([1, 10, 100, 2, 20, 200], [1, 2, 3]);
    const { output, grads } = mergedAndBack(new Product(), inputs, gradOutput);
    // prettier-ignore
    expect(output).toEqual([[[10, 14, 22], [15, 21, 33]]]);
    expect(grads).toEqual([
      [[[5 + 70 + 1100], [2 * (5 + 70 + 1100)]]],
      [[[2 + 6, 20 + 60, 200 + 600]]],
    ]);
  });

  test('the sum over a large image is precise', () => {
    const size = [1, 400, 500, 1];
    const inputs = [tf.fill(size, 0.1), tf.tensor4d([1], [1, 1, 1, 1])];
    const { grads } = mergedAndBack(new Product(), inputs, tf.ones(size));
    const exact = 200_000 * Math.fround(0.1);
    expect(Math.abs((grads[1] as number[][][][])[0][0][0][0] / exact - 1)).toBeLessThan(1e-6);
  });

  test('NaN and ∞ in a gate reach only its own channel', () => {
    const gate = tf.tensor3d([NaN, Infinity, 1], [1, 1, 3]);
    const image = tf.tensor3d([1, 1, 1, 2, 2, 2], [1, 2, 3]);
    const { output, grads } = mergedAndBack(new Product(), [image, gate], tf.onesLike(image));
    // prettier-ignore
    expect(output).toEqual([[[NaN, Infinity, 1], [NaN, Infinity, 2]]]);
    expect(grads[1]).toEqual([[[3, 3, 3]]]);
  });
});

describeMerging('Product', 'product', () => new Product());
describeUnlike(
  'Product',
  () => new Product(),
  'one shape, except for axes of size 1 after the batch',
  [2, 2],
);

describe('facts of inputs that are repeated', () => {
  const facts = (...shapes: number[][]) => new Product().facts(shapes);

  test('each input has its own window', () => {
    const { outputShape, window, multiplyAdds } = facts([2, 3, 1, 4], [2, 1, 5, 4], [2, 3, 5, 1]);
    expect({ outputShape, multiplyAdds }).toEqual({ outputShape: [2, 3, 5, 4], multiplyAdds: 0 });
    const block = (k: number, input: number[]) =>
      inputsOf(
        windowAt(window!, k),
        [
          [2, 2],
          [4, 4],
          [3, 3],
        ],
        input,
        [2, 3, 5, 4],
      );
    // prettier-ignore
    expect([block(0, [2, 3, 1, 4]), block(1, [2, 1, 5, 4]), block(2, [2, 3, 5, 1])]).toEqual([
      [[2, 2], [0, 0], [3, 3]],
      [[0, 0], [4, 4], [3, 3]],
      [[2, 2], [4, 4], [0, 0]],
    ]);
  });
});

const unfit =
  'Product.forward: expected inputs of one shape, except for axes of size 1 after the batch';

describeRefusals([
  [`${unfit}, got [2, 3] and [1, 3]`, () => new Product().forward([blank([2, 3]), blank([1, 3])])],
  [
    `${unfit}, got [2, 1, 4] and [2, 5, 4] and [2, 3, 4]`,
    () => new Product().forward([blank([2, 1, 4]), blank([2, 5, 4]), blank([2, 3, 4])]),
  ],
  [
    'Product.backpropToInput: expected gradOutput of shape [2, 3], got [2, 1]',
    () => {
      const { cache } = new Product().forward([blank([2, 1]), blank([2, 3])]);
      new Product().backpropToInput(blank([2, 1]), cache);
    },
  ],
]);
