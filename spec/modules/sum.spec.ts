import * as tf from '@tensorflow/tfjs-core';
import { Sum } from '../../modules/sum.ts';
import { eachBackend } from '../support/fixtures.ts';
import { describeMerging, describeUnlike, mergedAndBack } from '../support/merging.ts';

eachBackend('by hand', () => {
  test('three terms: each gets the whole gradient', () => {
    const inputs = [tf.tensor1d([1, 2]), tf.tensor1d([10, 20]), tf.tensor1d([-100, 200])];
    const { output, grads } = mergedAndBack(new Sum(), inputs, tf.tensor1d([3, -4]));
    expect(output).toEqual([-89, 222]);
    expect(grads).toEqual([
      [3, -4],
      [3, -4],
      [3, -4],
    ]);
  });

  test('scalars, and a single term', () => {
    const two = mergedAndBack(new Sum(), [tf.scalar(2), tf.scalar(3)], tf.scalar(7));
    expect(two).toEqual({ output: 5, grads: [7, 7] });
    expect(mergedAndBack(new Sum(), [tf.scalar(2)], tf.scalar(7))).toEqual({
      output: 2,
      grads: [7],
    });
  });
});

describeMerging('Sum', 'sum', () => new Sum());
describeUnlike('Sum', () => new Sum());
