import * as tf from '@tensorflow/tfjs-core';
import type { Pair } from '../../lib/geometry.ts';
import { MaxPool2D, type MaxPool2DOptions } from '../../modules/maxPool2d.ts';
import { image, rowsOf } from '../support/compare.ts';
import { describeContract } from '../support/contract.ts';
import { describeFacts } from '../support/facts.ts';
import { describeFixture, eachBackend } from '../support/fixtures.ts';
import { blank, describeRefusals } from '../support/refusals.ts';

/** Specs of MaxPool2D with `dilation`. The other specs of MaxPool2D are in maxPool2d.spec.ts. */

eachBackend('by hand', () => {
  test('a window has every second pixel; a pixel that wins two windows gets the sum', () => {
    const box = new MaxPool2D([1, 2], { stride: 1, dilation: 2 });
    const { output, cache } = box.forward(image([[1, 9, 5, 2, 4]]));
    expect(rowsOf(output)).toEqual([[5, 9, 5]]);
    expect(rowsOf(box.backpropToInput(image([[1, 2, 4]]), cache))).toEqual([[0, 2, 1 + 4, 0, 0]]);
  });

  test('padding never wins, not even over negative values', () => {
    const box = new MaxPool2D([1, 2], { stride: 1, padding: [0, 1], dilation: 2 });
    const { output, cache } = box.forward(image([[-3, -1, -2]]));
    // The windows have the cells 1, 0 and 2, and 1.
    expect(rowsOf(output)).toEqual([[-1, -2, -1]]);
    expect(rowsOf(box.backpropToInput(image([[1, 2, 4]]), cache))).toEqual([[0, 1 + 4, 2]]);
  });

  test('among equals the first wins, row by row', () => {
    const box = new MaxPool2D(2, { stride: 1, padding: 1, dilation: 2 });
    const { cache } = box.forward(tf.zeros([1, 3, 3, 1]));
    const gradOutput = [1, 10, 100].map((g) => [g, 2 * g, 4 * g]);
    // The first cells are 1, 0 and 1 in either direction.
    expect(rowsOf(box.backpropToInput(image(gradOutput), cache))).toEqual([
      [20, 10 + 40, 0],
      [2 + 200, 1 + 4 + 100 + 400, 0],
      [0, 0, 0],
    ]);
  });

  test('NaN and ∞ reach only the windows that contain them', () => {
    const box = new MaxPool2D([1, 2], { stride: 1, dilation: 2 });
    const { output, cache } = box.forward(image([[1, NaN, 2, 3, -Infinity, Infinity]]));
    expect(rowsOf(output)).toEqual([[2, NaN, 2, Infinity]]);
    const gradInput = box.backpropToInput(image([[1, 2, 4, 8]]), cache);
    expect(rowsOf(gradInput)).toEqual([[0, 2, 1 + 4, 0, 0, 8]]);
  });
});

describeFixture(
  'maxPool2dDilated',
  (kernelSize: Pair, options: MaxPool2DOptions) => new MaxPool2D(kernelSize, options),
);

const small = (options: MaxPool2DOptions = {}) =>
  new MaxPool2D([2, 3], { dilation: [2, 1], ...options });

describeContract(small, () => [tf.reshape(tf.range(0, 120), [2, 4, 5, 3]), tf.ones([1, 3, 3, 2])]);

const padded = new MaxPool2D([1, 2], { padding: [0, 1], dilation: 2 });

describeRefusals([
  [
    'MaxPool2D: expected dilation to be an integer of at least 1, or a pair [height, width], got 0',
    () => small({ dilation: 0 }),
  ],
  [
    'MaxPool2D: expected padding of at most half the kernel, 1x1, got 2x0',
    () => new MaxPool2D([2, 3], { padding: [2, 0], dilation: [4, 1] }),
  ],
  [
    'MaxPool2D.forward: expected a padded input of at least 3x3 for the kernel, got 2x5',
    () => small().forward(blank([2, 2, 5, 1])),
  ],
  [
    'MaxPool2D.forward: expected a pixel in every window, got windows of only padding for an input of 4x1; use less padding or dilation',
    () => padded.forward(blank([2, 4, 1, 1])),
  ],
  [
    'MaxPool2D.forward: expected a pixel in every window, got windows of only padding for an input of 4x1; use less padding or dilation',
    () => padded.facts([[2, 4, 1, 1]]),
  ],
]);

describeFacts({
  'windows with gaps': {
    box: () => new MaxPool2D([3, 2], { stride: [1, 2], dilation: [2, 3] }),
    input: [2, 7, 8, 3],
    output: [2, 7 - 5 + 1, (8 - 4) / 2 + 1, 3],
    multiplyAdds: 0,
    window: [
      [5, 1],
      [4, 2],
    ],
    inputs: [
      [
        [1, 2, 0],
        [
          [1, 5],
          [4, 7],
          [0, 0],
        ],
      ],
    ],
    words: 'MaxPool2D: 3x2 filters at stride 1x2',
  },
});
