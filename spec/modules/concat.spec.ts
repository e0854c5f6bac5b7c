import * as tf from '@tensorflow/tfjs-core';
import { Concat } from '../../modules/concat.ts';
import { eachBackend } from '../support/fixtures.ts';
import { describeMerging, mergedAndBack } from '../support/merging.ts';
import { blank, describeRefusals } from '../support/refusals.ts';

eachBackend('by hand', () => {
  test('channels of three widths side by side, and their gradients taken apart', () => {
    const inputs = [
      tf.tensor2d([
        [1, 2],
        [3, 4],
      ]),
      tf.tensor2d([[5], [6]]),
      tf.tensor2d([
        [7, 8, 9],
        [10, 11, 12],
      ]),
    ];
    const g = tf.tensor2d([
      [1, 2, 3, 4, 5, 6],
      [-1, -2, -3, -4, -5, -6],
    ]);
    const { output, grads } = mergedAndBack(new Concat(), inputs, g);
    expect(output).toEqual([
      [1, 2, 5, 7, 8, 9],
      [3, 4, 6, 10, 11, 12],
    ]);
    expect(grads).toEqual([
      [
        [1, 2],
        [-1, -2],
      ],
      [[3], [-3]],
      [
        [4, 5, 6],
        [-4, -5, -6],
      ],
    ]);
  });

  test('vectors end to end', () => {
    const { output, grads } = mergedAndBack(
      new Concat(),
      [tf.tensor1d([1]), tf.tensor1d([2, 3])],
      tf.tensor1d([4, 5, 6]),
    );
    expect(output).toEqual([1, 2, 3]);
    expect(grads).toEqual([[4], [5, 6]]);
  });
});

describeMerging('Concat', 'concat', () => new Concat());

const concat = (...shapes: number[][]) => new Concat().forward(shapes.map((shape) => blank(shape)));

describeRefusals([
  [
    'Concat.forward: expected inputs of one shape but for the last axis, got [2, 3, 4] and [2, 4, 4]',
    () => concat([2, 3, 4], [2, 4, 4]),
  ],
  [
    'Concat.forward: expected inputs of one shape but for the last axis, got [2, 3] and [2, 3, 1]',
    () => concat([2, 3], [2, 3, 1]),
  ],
  ['Concat.forward: expected input of rank 1 or more, got shape []', () => concat([], [])],
  [
    'Concat.backpropToInput: expected gradOutput of shape [2, 5], got [2, 4]',
    () => new Concat().backpropToInput(blank([2, 4]), concat([2, 2], [2, 3]).cache),
  ],
]);
