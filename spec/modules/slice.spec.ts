import * as tf from '@tensorflow/tfjs-core';
import { Slice, type SliceOptions } from '../../modules/slice.ts';
import { numbers } from '../support/compare.ts';
import { describeContract } from '../support/contract.ts';
import { describeFacts } from '../support/facts.ts';
import { describeFixture, eachBackend } from '../support/fixtures.ts';
import { blank, describeRefusals } from '../support/refusals.ts';

eachBackend('by hand', () => {
  test('every second channel; the others get the gradient 0', () => {
    const box = new Slice(-1, { begin: 1, step: 2 });
    const { output, cache } = box.forward(
      tf.tensor2d([
        [1, 2, 3, 4, 5],
        [6, 7, 8, 9, 10],
      ]),
    );
    expect(numbers(output)).toEqual([
      [2, 4],
      [7, 9],
    ]);
    const gradOutput = tf.tensor2d([
      [10, 20],
      [30, 40],
    ]);
    expect(numbers(box.backpropToInput(gradOutput, cache))).toEqual([
      [0, 10, 0, 20, 0],
      [0, 30, 0, 40, 0],
    ]);
  });

  test('rows of an image; negative numbers count from the end', () => {
    const images = tf.tensor4d([1, 2, 3, 4, 5, 6, 7, 8], [1, 4, 2, 1]);
    const { output } = new Slice(1, { begin: -3, end: -1 }).forward(images);
    expect(numbers(output)).toEqual([
      [
        [[3], [4]],
        [[5], [6]],
      ],
    ]);
  });

  test('NaN and ∞ outside of the slice do not reach it', () => {
    const box = new Slice(1, { begin: 1, end: 2 });
    const { output, cache } = box.forward(tf.tensor2d([[NaN, 3, Infinity]]));
    expect(numbers(output)).toEqual([[3]]);
    expect(numbers(box.backpropToInput(tf.tensor2d([[NaN]]), cache))).toEqual([[0, NaN, 0]]);
  });
});

describeFixture('slice', (axis: number, options: SliceOptions) => new Slice(axis, options));

describeContract(
  () => new Slice(1, { begin: 1 }),
  () => [
    tf.reshape(tf.linspace(-2, 2, 24), [2, 3, 4]),
    tf.reshape(tf.linspace(-1, 3, 24), [3, 2, 4]),
  ],
);

describeFacts({
  'columns 1, 3, 5 of an image': {
    box: () => new Slice(2, { begin: 1, step: 2 }),
    input: [5, 4, 7, 3],
    output: [5, 4, 3, 3],
    multiplyAdds: 0,
    window: [
      [1, 1],
      [1, 2],
    ],
    inputs: [
      [
        [3, 2, 1],
        [
          [3, 3],
          [5, 5],
          [1, 1],
        ],
      ],
    ],
    words: 'Slice 1::2 of axis 2',
  },
  'the last two channels': {
    box: () => new Slice(-1, { begin: -2 }),
    input: [5, 6],
    output: [5, 2],
    multiplyAdds: 0,
    window: [],
    inputs: [[[1], [[5, 5]]]],
    words: 'Slice -2: of axis -1',
  },
});

const box = new Slice(2, { begin: 1, end: 3 });

describeRefusals([
  ['Slice: expected axis to be an integer of at least 1, got 0', () => new Slice(0)],
  ['Slice: expected axis to be an integer of at least 1, got -1.5', () => new Slice(-1.5)],
  ['Slice: expected begin to be an integer, got 0.5', () => new Slice(1, { begin: 0.5 })],
  ['Slice: expected end to be an integer, got NaN', () => new Slice(1, { end: NaN })],
  ['Slice: expected step to be an integer of at least 1, got 0', () => new Slice(1, { step: 0 })],
  ['Slice: unknown option stop; did you mean step?', () => new Slice(1, { stop: 2 } as never)],
  ['Slice.forward: expected input of rank 2 or more, got shape [4]', () => box.forward(blank([4]))],
  [
    'Slice.forward: expected an input with axis 2 beside the batch, got the shape [2, 6]',
    () => box.forward(blank([2, 6])),
  ],
  [
    'Slice.forward: expected an input with axis -2 beside the batch, got the shape [2, 6]',
    () => new Slice(-2).facts([[2, 6]]),
  ],
  [
    'Slice.forward: expected an axis 2 that has the cells 1 to 3, got an input of shape [4, 5, 2]',
    () => box.facts([[4, 5, 2]]),
  ],
  [
    'Slice.forward: expected an axis 1 that has the cells -3 to 2, got an input of shape [4, 2]',
    () => new Slice(1, { begin: -3 }).forward(blank([4, 2])),
  ],
  [
    'Slice.forward: expected input of dtype float32, got int32',
    () => box.forward(blank([1, 2, 3], 'int32')),
  ],
  [
    'Slice.backpropToInput: expected gradOutput of shape [2, 4, 2], got [2, 4, 3]',
    () => box.backpropToInput(blank([2, 4, 3]), box.forward(blank([2, 4, 3])).cache),
  ],
]);
