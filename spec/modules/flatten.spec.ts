import * as tf from '@tensorflow/tfjs-core';
import { Flatten } from '../../modules/flatten.ts';
import { numbers } from '../support/compare.ts';
import { describeContract } from '../support/contract.ts';
import { eachBackend } from '../support/fixtures.ts';
import { blank, describeRefusals } from '../support/refusals.ts';

eachBackend('by hand', () => {
  test('orders by rows, columns and channels, and restores the shape backward', () => {
    const box = new Flatten();
    const image = [
      [
        [1, 2],
        [3, 4],
        [5, 6],
      ],
    ];
    const { output, cache } = box.forward(tf.tensor4d([image, image]));
    expect(numbers(output)).toEqual([
      [1, 2, 3, 4, 5, 6],
      [1, 2, 3, 4, 5, 6],
    ]);
    expect(numbers(box.backpropToInput(output, cache))).toEqual([image, image]);
  });

  test('keeps a matrix as it is', () => {
    expect(new Flatten().forward(tf.zeros([3, 5])).output.shape).toEqual([3, 5]);
  });
});

describeContract(
  () => new Flatten(),
  () => [tf.ones([2, 3, 4, 2]), tf.ones([3, 5])],
);

const box = new Flatten();

test('facts: the same values as one row per example', () => {
  const facts = { outputShape: [2, 60], window: 'identity', multiplyAdds: 0 };
  expect(new Flatten().facts([[2, 3, 4, 5]])).toEqual(facts);
});

describeRefusals([
  ['Flatten.forward: expected input of rank 2 or more, got shape [5]', () => box.facts([[5]])],
  [
    'Flatten.forward: expected input of rank 2 or more, got shape [5]',
    () => box.forward(blank([5])),
  ],
  [
    'Flatten.forward: expected input of dtype float32, got int32',
    () => box.forward(blank([2, 3], 'int32')),
  ],
  [
    'Flatten.backpropToInput: expected gradOutput of shape [2, 12], got [2, 3, 4]',
    () => box.backpropToInput(blank([2, 3, 4]), box.forward(blank([2, 3, 4])).cache),
  ],
]);
