import * as tf from '@tensorflow/tfjs-core';
import { Product } from '../../modules/product.ts';
import { eachBackend } from '../support/fixtures.ts';
import { describeMerging, describeUnlike, mergedAndBack } from '../support/merging.ts';

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
});

describeMerging('Product', 'product', () => new Product());
describeUnlike('Product', () => new Product());
