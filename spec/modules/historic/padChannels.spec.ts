import * as tf from '@tensorflow/tfjs-core';
import { PadChannels } from '../../../modules/historic/padChannels.ts';
import { numbers } from '../../support/compare.ts';
import { describeContract } from '../../support/contract.ts';
import { describeFacts } from '../../support/facts.ts';
import { describeFixture, eachBackend } from '../../support/fixtures.ts';
import { blank, describeRefusals } from '../../support/refusals.ts';

eachBackend('by hand', () => {
  test('appends channels of zeros and drops their gradient', () => {
    const box = new PadChannels(2);
    const { output, cache } = box.forward(tf.tensor3d([[[1], [2], [3]]]));
    expect(numbers(output)).toEqual([
      [
        [1, 0, 0],
        [2, 0, 0],
        [3, 0, 0],
      ],
    ]);
    const g = tf.tensor3d([
      [
        [4, 10, 20],
        [5, 30, 40],
        [6, 50, 60],
      ],
    ]);
    expect(numbers(box.backpropToInput(g, cache))).toEqual([[[4], [5], [6]]]);
  });
});

describeFixture('padChannels', (more: number) => new PadChannels(more));

describe.each([2, 0])('%d more', (more) => {
  describeContract(
    () => new PadChannels(more),
    () => [tf.ones([4, 2, 3]), tf.ones([2, 3])],
  );
});

const cache = () => new PadChannels(2).forward(blank([4, 3])).cache;

describeFacts({
  'the same positions; the zeros depend on nothing': {
    box: () => new PadChannels(2),
    input: [2, 4, 5, 3],
    output: [2, 4, 5, 5],
    multiplyAdds: 0,
    window: [
      [1, 1],
      [1, 1],
    ],
    inputs: [
      [
        [1, 3, 2],
        [
          [1, 1],
          [3, 3],
          [2, 2],
        ],
      ],
      [[1, 3, 3], undefined],
    ],
  },
});

describeRefusals([
  [
    'PadChannels.forward: expected input of rank 2 or more, got shape [3]',
    () => new PadChannels(2).facts([[3]]),
  ],
  [
    'PadChannels.forward: expected input of rank 2 or more, got shape [3]',
    () => new PadChannels(2).forward(blank([3])),
  ],
  [
    'PadChannels.forward: expected input of dtype float32, got int32',
    () => new PadChannels(2).forward(blank([4, 3], 'int32')),
  ],
  [
    'PadChannels.backpropToInput: expected gradOutput of shape [4, 5], got [4, 3]',
    () => new PadChannels(2).backpropToInput(blank([4, 3]), cache()),
  ],
  ['PadChannels: expected more to be an integer of at least 0, got -1', () => new PadChannels(-1)],
]);
