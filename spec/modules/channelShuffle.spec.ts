import * as tf from '@tensorflow/tfjs-core';
import { ChannelShuffle } from '../../modules/channelShuffle.ts';
import { numbers } from '../support/compare.ts';
import { describeContract } from '../support/contract.ts';
import { describeFacts } from '../support/facts.ts';
import { describeFixture, eachBackend } from '../support/fixtures.ts';
import { blank, describeRefusals } from '../support/refusals.ts';

eachBackend('by hand', () => {
  test('2 groups of 3: one channel of each group in turn, and back', () => {
    const box = new ChannelShuffle(2);
    const input = [[1, 2, 3, 10, 20, 30], [4, 5, 6, 40, 50, 60]]; // prettier-ignore
    const { output, cache } = box.forward(tf.tensor2d(input));
    // prettier-ignore
    expect(numbers(output)).toEqual([[1, 10, 2, 20, 3, 30], [4, 40, 5, 50, 6, 60]]);
    expect(numbers(box.backpropToInput(output, cache))).toEqual(input);
  });

  test('NaN and ∞ move as every value does', () => {
    const { output } = new ChannelShuffle(2).forward(tf.tensor2d([[1, NaN, -Infinity, 2]]));
    expect(numbers(output)).toEqual([[1, -Infinity, NaN, 2]]);
  });
});

describeFixture('channelShuffle', (groups: number) => new ChannelShuffle(groups));

describeContract(
  () => new ChannelShuffle(2),
  () => [tf.reshape(tf.range(0, 72), [2, 3, 2, 6]), tf.ones([3, 4])],
);

const three = new ChannelShuffle(3);

describeRefusals([
  [
    'ChannelShuffle.forward: expected input of rank 2 or more, got shape [6]',
    () => three.forward(blank([6])),
  ],
  [
    'ChannelShuffle.forward: expected input of shape [N, ..., channels * 3], got [2, 4]',
    () => three.forward(blank([2, 4])),
  ],
  [
    'ChannelShuffle.forward: expected input of shape [N, ..., channels * 3], got [2, 5, 4]',
    () => three.facts([[2, 5, 4]]),
  ],
  [
    'ChannelShuffle.forward: expected input of dtype float32, got int32',
    () => three.forward(blank([2, 3], 'int32')),
  ],
  [
    'ChannelShuffle.backpropToInput: expected gradOutput of shape [2, 6], got [2, 3]',
    () => three.backpropToInput(blank([2, 3]), three.forward(blank([2, 6])).cache),
  ],
  [
    'ChannelShuffle: expected groups to be an integer of at least 1, got 0',
    () => new ChannelShuffle(0),
  ],
]);

describeFacts({
  'each output channel has one input channel at the same position': {
    box: () => new ChannelShuffle(2),
    input: [2, 4, 6],
    output: [2, 4, 6],
    multiplyAdds: 0,
    window: [[1, 1]],
    inputs: [
      [
        [1, 1],
        [
          [1, 1],
          [3, 3],
        ],
      ],
      [
        [3, 4],
        [
          [3, 3],
          [2, 2],
        ],
      ],
    ],
  },
});
