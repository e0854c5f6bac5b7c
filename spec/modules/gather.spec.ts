import * as tf from '@tensorflow/tfjs-core';
import { Gather } from '../../modules/gather.ts';
import { numbers } from '../support/compare.ts';
import { describeContract } from '../support/contract.ts';
import { describeFacts } from '../support/facts.ts';
import { describeFixture, eachBackend } from '../support/fixtures.ts';
import { blank, describeRefusals } from '../support/refusals.ts';

eachBackend('by hand', () => {
  test('the gradient of a cell that is taken twice is the sum; one that is not taken gets 0', () => {
    const box = new Gather(1, [2, 0, 0]);
    const { output, cache } = box.forward(
      tf.tensor2d([
        [1, 2, 3],
        [4, 5, 6],
      ]),
    );
    expect(numbers(output)).toEqual([
      [3, 1, 1],
      [6, 4, 4],
    ]);
    const gradOutput = tf.tensor2d([
      [10, 20, 300],
      [1, 2, 4],
    ]);
    expect(numbers(box.backpropToInput(gradOutput, cache))).toEqual([
      [20 + 300, 0, 10],
      [2 + 4, 0, 1],
    ]);
  });

  test('an axis of size 1 is repeated', () => {
    const box = new Gather(1, [0, 0]);
    const { output, cache } = box.forward(tf.tensor3d([[[1, 2, 3]]]));
    expect(numbers(output)).toEqual([
      [
        [1, 2, 3],
        [1, 2, 3],
      ],
    ]);
    expect(numbers(box.backpropToInput(output, cache))).toEqual([[[2, 4, 6]]]);
  });

  test('NaN and ∞ in cells that are not taken do not reach the output', () => {
    const box = new Gather(1, [1, 1]);
    const { output, cache } = box.forward(tf.tensor2d([[NaN, 3, Infinity]]));
    expect(numbers(output)).toEqual([[3, 3]]);
    expect(numbers(box.backpropToInput(tf.tensor2d([[NaN, 1]]), cache))).toEqual([[0, NaN, 0]]);
  });
});

describeFixture('gather', (axis: number, indices: number[]) => new Gather(axis, indices));

describeContract(
  () => new Gather(1, [1, 0, 1]),
  () => [
    tf.reshape(tf.linspace(-2, 2, 24), [2, 3, 4]),
    tf.reshape(tf.linspace(-1, 3, 24), [3, 2, 4]),
  ],
);

describeFacts({
  'rows in another order': {
    box: () => new Gather(1, [6, 0, 4]),
    input: [5, 7, 4, 3],
    output: [5, 3, 4, 3],
    multiplyAdds: 0,
    window: [
      [1, -1],
      [1, 1],
    ],
    inputs: [
      [
        [2, 1, 0],
        [
          [4, 4],
          [1, 1],
          [0, 0],
        ],
      ],
    ],
    words: 'Gather 6, 0, 4 of axis 1',
  },
  'repeated channels': {
    box: () =>
      new Gather(
        -1,
        Array.from({ length: 9 }, () => 0),
      ),
    input: [5, 1],
    output: [5, 9],
    multiplyAdds: 0,
    window: [],
    inputs: [[[7], [[0, 0]]]],
    words: 'Gather 0, 0, 0, 0, 0, 0, 0, 0, ... of axis -1',
  },
});

const box = new Gather(1, [0, 3]);

describeRefusals([
  ['Gather: expected axis to be an integer of at least 1, got 0', () => new Gather(0, [1])],
  [
    'Gather: expected indices to be a list of integers of at least 0, got []',
    () => new Gather(1, []),
  ],
  [
    'Gather: expected indices to be a list of integers of at least 0, got [0, -1]',
    () => new Gather(1, [0, -1]),
  ],
  [
    'Gather: expected indices to be a list of integers of at least 0, got 3',
    () => new Gather(1, 3 as never),
  ],
  ['Gather.forward: expected input of rank 2 or more, got shape [4]', () => box.facts([[4]])],
  [
    'Gather.forward: expected more than 3 cells along axis 1, got an input of shape [2, 3]',
    () => box.forward(blank([2, 3])),
  ],
  [
    'Gather.forward: expected input of dtype float32, got int32',
    () => box.forward(blank([1, 4], 'int32')),
  ],
  [
    'Gather.backpropToInput: expected gradOutput of shape [2, 2], got [2, 4]',
    () => box.backpropToInput(blank([2, 4]), box.forward(blank([2, 4])).cache),
  ],
]);
