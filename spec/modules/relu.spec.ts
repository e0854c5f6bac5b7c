import * as tf from '@tensorflow/tfjs-core';
import { ReLU } from '../../modules/relu.ts';
import { numbers } from '../support/compare.ts';
import { describeContract } from '../support/contract.ts';
import { describeFixture, eachBackend } from '../support/fixtures.ts';
import { blank, describeRefusals, disposed } from '../support/refusals.ts';

eachBackend('by hand', () => {
  test('max(0, x); the derivative at 0 is 0', () => {
    const box = new ReLU();
    const { output, cache } = box.forward(tf.tensor1d([-2, 0, 3]));
    expect(numbers(output)).toEqual([0, 0, 3]);
    expect(numbers(box.backpropToInput(tf.tensor1d([5, 6, -7]), cache))).toEqual([0, 0, -7]);
    expect(box.backpropToParams(output, cache)).toEqual({});
  });
});

describeFixture('relu', () => new ReLU());

describeContract(
  () => new ReLU(),
  () => [tf.reshape(tf.linspace(-2, 2, 12), [4, 3]), tf.reshape(tf.linspace(-1, 3, 10), [2, 5])],
);

const box = new ReLU();

describeRefusals([
  [
    'ReLU.forward: expected input of dtype float32, got int32',
    () => box.forward(blank([4, 3], 'int32')),
  ],
  [
    'ReLU.forward: expected input to be a tensor, got 3',
    () => box.forward(3 as unknown as tf.Tensor),
  ],
  ['ReLU.forward: expected input of rank 1 or more, got shape []', () => box.forward(blank([]))],
  [
    'ReLU.forward: expected input to be alive, got a disposed tensor',
    () => box.forward(disposed([2])),
  ],
  [
    'ReLU.backpropToInput: expected gradOutput of shape [4, 3], got [4, 1]',
    () => box.backpropToInput(blank([4, 1]), box.forward(blank([4, 3])).cache),
  ],
  [
    'ReLU.backpropToInput: expected gradOutput of dtype float32, got int32',
    () => box.backpropToInput(blank([4, 3], 'int32'), box.forward(blank([4, 3])).cache),
  ],
]);
