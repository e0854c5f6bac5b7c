import * as tf from '@tensorflow/tfjs-core';
import { Maxout } from '../../modules/maxout.ts';
import { numbers } from '../support/compare.ts';
import { describeContract } from '../support/contract.ts';
import { describeFacts } from '../support/facts.ts';
import { describeFixture, eachBackend } from '../support/fixtures.ts';
import { blank, describeRefusals } from '../support/refusals.ts';

eachBackend('by hand', () => {
  test('the pieces of a feature are adjacent, and the largest gets the gradient', () => {
    const box = new Maxout(3);
    const { output, cache } = box.forward(
      tf.tensor2d([
        [1, 9, 2, -3, -4, -1],
        [5, -6, 4, 0, 7, 8],
      ]),
    );
    expect(numbers(output)).toEqual([
      [9, -1],
      [5, 8],
    ]);
    const g = tf.tensor2d([
      [1, 2],
      [3, 4],
    ]);
    expect(numbers(box.backpropToInput(g, cache))).toEqual([
      [0, 1, 0, 0, 0, 2],
      [3, 0, 0, 0, 0, 4],
    ]);
    expect(box.backpropToParams(g, cache)).toEqual({});
  });

  test('among equal pieces the first gets the whole gradient', () => {
    const box = new Maxout(4);
    const { cache } = box.forward(tf.tensor1d([0, 0, 0, 0, -7, -2, -3, -2]));
    expect(numbers(box.backpropToInput(tf.tensor1d([5, 6]), cache))).toEqual([
      5, 0, 0, 0, 0, 6, 0, 0,
    ]);
  });
});

describeFixture('maxout', (pieces: number) => new Maxout(pieces));

describeContract(
  () => new Maxout(2),
  () => [tf.reshape(tf.range(0, 24), [2, 3, 4]), tf.ones([2, 6])],
);

describeRefusals([
  [
    'Maxout.forward: expected input of shape [..., features * 3], got [2, 4]',
    () => new Maxout(3).forward(blank([2, 4])),
  ],
  [
    'Maxout.forward: expected input of rank 1 or more, got shape []',
    () => new Maxout(3).forward(blank([])),
  ],
  [
    'Maxout.forward: expected input of dtype float32, got int32',
    () => new Maxout(3).forward(blank([2, 3], 'int32')),
  ],
  [
    'Maxout.backpropToInput: expected gradOutput of shape [2, 2], got [2, 6]',
    () => new Maxout(3).backpropToInput(blank([2, 6]), new Maxout(3).forward(blank([2, 6])).cache),
  ],
  ['Maxout: expected pieces to be an integer of at least 1, got 0', () => new Maxout(0)],
]);

describeFacts({
  'the pieces of a feature': {
    box: () => new Maxout(3),
    input: [2, 4, 6],
    output: [2, 4, 2],
    multiplyAdds: 0,
    window: [[1, 1]],
    inputs: [
      [
        [1, 0],
        [
          [1, 1],
          [0, 2],
        ],
      ],
      [
        [3, 1],
        [
          [3, 3],
          [3, 5],
        ],
      ],
    ],
  },
  'without positions': {
    box: () => new Maxout(2),
    input: [3, 6],
    output: [3, 3],
    multiplyAdds: 0,
    window: [],
    inputs: [[[1], [[2, 3]]]],
  },
});
