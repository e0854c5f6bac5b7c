import * as tf from '@tensorflow/tfjs-core';
import { inputsOf } from '../../lib/window.ts';
import type { InputWindow } from '../../lib/facts.ts';
import { PixelShuffle } from '../../modules/pixelShuffle.ts';
import { numbers } from '../support/compare.ts';
import { describeContract } from '../support/contract.ts';
import { describeFacts } from '../support/facts.ts';
import { describeFixture, eachBackend } from '../support/fixtures.ts';
import { blank, describeRefusals } from '../support/refusals.ts';

eachBackend('by hand', () => {
  test('two pixels of two groups become blocks of 2x2, row by row', () => {
    const box = new PixelShuffle(2);
    const input = [[[[1, 2, 3, 4, 10, 20, 30, 40], [5, 6, 7, 8, 50, 60, 70, 80]]]]; // prettier-ignore
    const { output, cache } = box.forward(tf.tensor4d(input));
    // prettier-ignore
    const expected = [[
      [[1, 10], [2, 20], [5, 50], [6, 60]],
      [[3, 30], [4, 40], [7, 70], [8, 80]],
    ]];
    expect(numbers(output)).toEqual(expected);
    expect(numbers(box.backpropToInput(output, cache))).toEqual(input);
  });

  test('NaN and ∞ move as every value does', () => {
    const box = new PixelShuffle(2);
    const { output } = box.forward(tf.tensor4d([NaN, 1, Infinity, -Infinity], [1, 1, 1, 4]));
    // prettier-ignore
    expect(numbers(output)).toEqual([[[[NaN], [1]], [[Infinity], [-Infinity]]]]);
  });
});

describeFixture('pixelShuffle', (upscaleFactor: number) => new PixelShuffle(upscaleFactor));

describeContract(
  () => new PixelShuffle(2),
  () => [tf.reshape(tf.range(0, 96), [2, 3, 2, 8]), tf.ones([1, 2, 3, 4])],
);

const two = new PixelShuffle(2);

describeRefusals([
  [
    'PixelShuffle.forward: expected input of shape [N, H, W, C], got [4, 5]',
    () => two.forward(blank([4, 5])),
  ],
  [
    'PixelShuffle.forward: expected input of shape [N, H, W, C * 4], got [1, 2, 3, 6]',
    () => two.forward(blank([1, 2, 3, 6])),
  ],
  [
    'PixelShuffle.forward: expected input of shape [N, H, W, C * 4], got [1, 2, 3, 6]',
    () => two.facts([[1, 2, 3, 6]]),
  ],
  [
    'PixelShuffle.forward: expected input of dtype float32, got int32',
    () => two.forward(blank([1, 2, 3, 4], 'int32')),
  ],
  [
    'PixelShuffle.backpropToInput: expected gradOutput of shape [1, 4, 6, 1], got [1, 2, 3, 4]',
    () => two.backpropToInput(blank([1, 2, 3, 4]), two.forward(blank([1, 2, 3, 4])).cache),
  ],
  [
    'PixelShuffle: expected upscaleFactor to be an integer of at least 1, got 0.5',
    () => new PixelShuffle(0.5),
  ],
]);

describeFacts({
  'a block of pixels has one input pixel and a group of its channels': {
    box: () => new PixelShuffle(3),
    input: [2, 4, 5, 18],
    output: [2, 12, 15, 2],
    multiplyAdds: 0,
    window: [
      [1, 1 / 3],
      [1, 1 / 3],
    ],
    inputs: [
      [
        [5, 6, 1],
        [
          [1, 1],
          [2, 2],
          [9, 17],
        ],
      ],
      [
        [11, 0, 0],
        [
          [3, 3],
          [0, 0],
          [0, 8],
        ],
      ],
    ],
  },
});

test('for a whole block, the window is exactly the values that it consists of', () => {
  const { window, outputShape } = two.facts([[1, 3, 3, 8]]);
  // prettier-ignore
  const block = inputsOf(window as InputWindow, [[2, 3], [4, 5], [1, 1]], [1, 3, 3, 8], outputShape!);
  // prettier-ignore
  expect(block).toEqual([[1, 1], [2, 2], [4, 7]]);
});
