import * as tf from '@tensorflow/tfjs-core';
import type { Pair } from '../../lib/geometry.ts';
import { MaxPool2D, type MaxPool2DOptions } from '../../modules/maxPool2d.ts';
import { image, rowsOf } from '../support/compare.ts';
import { describeContract } from '../support/contract.ts';
import { describeFixture, eachBackend } from '../support/fixtures.ts';
import { blank, describeRefusals } from '../support/refusals.ts';

/** Specs of MaxPool2D with `ceilMode`. The other specs of MaxPool2D are in maxPool2d.spec.ts. */

eachBackend('by hand', () => {
  test('windows beyond the end use only values of the input, even if all are negative', () => {
    const box = new MaxPool2D(2, { ceilMode: true });
    const { output, cache } = box.forward(
      image([
        [-1, -2, -9],
        [-3, -4, -5],
        [-7, -6, -8],
      ]),
    );
    expect(rowsOf(output)).toEqual([
      [-1, -5],
      [-6, -8],
    ]);
    const g = image([
      [1, 2],
      [3, 4],
    ]);
    expect(rowsOf(box.backpropToInput(g, cache))).toEqual([
      [1, 0, 0],
      [0, 0, 2],
      [0, 3, 4],
    ]);
  });

  test('among equal values in an incomplete window the first gets the gradient', () => {
    const box = new MaxPool2D([2, 4], { stride: [2, 2], ceilMode: true });
    const { cache } = box.forward(image([[-5, -6, -3, -3, -3]]));
    expect(rowsOf(box.backpropToInput(image([[1, 2]]), cache))).toEqual([[0, 0, 3, 0, 0]]);
  });

  test('a window that would start in the padding after the input is left out', () => {
    const { output } = new MaxPool2D([1, 2], {
      stride: [1, 3],
      padding: [0, 1],
      ceilMode: true,
    }).forward(image([[1, 2, 3, 4, 5]]));
    // Windows start at -1 and 2, but not at 5.
    expect(rowsOf(output)).toEqual([[1, 4]]);
  });
});

describeFixture(
  'maxPool2dCeil',
  (kernelSize: Pair, options: MaxPool2DOptions) => new MaxPool2D(kernelSize, options),
);

const small = () => new MaxPool2D([2, 3], { ceilMode: true });

describeContract(small, () => [tf.reshape(tf.range(0, 120), [2, 4, 5, 3]), tf.ones([1, 3, 1, 2])]);

describeRefusals([
  [
    'MaxPool2D.backpropToInput: expected gradOutput of shape [2, 2, 2, 3], got [2, 2, 1, 3]',
    () => small().backpropToInput(blank([2, 2, 1, 3]), small().forward(blank([2, 4, 5, 3])).cache),
  ],
  [
    'MaxPool2D.forward: expected a padded input of at least 4x1 for the kernel, got 3x4',
    () => new MaxPool2D([5, 2], { stride: [2, 3], ceilMode: true }).forward(blank([1, 3, 4, 1])),
  ],
]);
