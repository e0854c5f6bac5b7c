import * as tf from '@tensorflow/tfjs-core';
import { Max } from '../../modules/max.ts';
import { eachBackend } from '../support/fixtures.ts';
import { describeMerging, describeUnlike, mergedAndBack } from '../support/merging.ts';

eachBackend('by hand', () => {
  test('the maximum gets the gradient', () => {
    const inputs = [tf.tensor1d([1, 9, -3]), tf.tensor1d([5, 2, -2]), tf.tensor1d([4, 3, -1])];
    const { output, grads } = mergedAndBack(new Max(), inputs, tf.tensor1d([10, 20, 30]));
    expect(output).toEqual([5, 9, -1]);
    expect(grads).toEqual([
      [0, 20, 0],
      [10, 0, 0],
      [0, 0, 30],
    ]);
  });

  test('among equal maxima only the first gets the gradient', () => {
    const inputs = [tf.tensor1d([1, 0]), tf.tensor1d([4, 0]), tf.tensor1d([4, 0])];
    const { output, grads } = mergedAndBack(new Max(), inputs, tf.tensor1d([10, -20]));
    expect(output).toEqual([4, 0]);
    expect(grads).toEqual([
      [0, -20],
      [10, 0],
      [0, 0],
    ]);
  });

  test('a single input', () => {
    expect(mergedAndBack(new Max(), [tf.scalar(2)], tf.scalar(7))).toEqual({
      output: 2,
      grads: [7],
    });
  });
});

describeMerging('Max', 'max', () => new Max());
describeUnlike('Max', () => new Max());
