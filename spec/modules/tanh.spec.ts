import * as tf from '@tensorflow/tfjs-core';
import { Tanh } from '../../modules/tanh.ts';
import { expectAllClose } from '../support/compare.ts';
import { describeContract } from '../support/contract.ts';
import { describeFixture, eachBackend } from '../support/fixtures.ts';
import { blank, describeRefusals, disposed } from '../support/refusals.ts';

eachBackend('by hand', () => {
  test('tanh(ln 2) = 3/5, and the derivative there is 16/25', () => {
    const box = new Tanh();
    const { output, cache } = box.forward(tf.tensor1d([0, Math.LN2, -Math.LN2, 50, -50]));
    expectAllClose(output, { shape: [5], values: [0, 3 / 5, -3 / 5, 1, -1] });
    const gradInput = box.backpropToInput(tf.tensor1d([3, 25, -25, 1, 1]), cache);
    expectAllClose(gradInput, { shape: [5], values: [3, 16, -16, 0, 0] });
  });
});

describeFixture('tanh', () => new Tanh());

describeContract(
  () => new Tanh(),
  () => [tf.reshape(tf.linspace(-2, 2, 12), [4, 3]), tf.reshape(tf.linspace(-1, 3, 10), [2, 5])],
);

const box = new Tanh();

describeRefusals([
  [
    'Tanh.forward: expected input of dtype float32, got int32',
    () => box.forward(blank([4, 3], 'int32')),
  ],
  [
    'Tanh.forward: expected input to be a tensor, got 3',
    () => box.forward(3 as unknown as tf.Tensor),
  ],
  ['Tanh.forward: expected input of rank 1 or more, got shape []', () => box.forward(blank([]))],
  [
    'Tanh.forward: expected input to be alive, got a disposed tensor',
    () => box.forward(disposed([2])),
  ],
  [
    'Tanh.backpropToInput: expected gradOutput of shape [4, 3], got [4, 1]',
    () => box.backpropToInput(blank([4, 1]), box.forward(blank([4, 3])).cache),
  ],
  [
    'Tanh.backpropToInput: expected gradOutput of dtype float32, got int32',
    () => box.backpropToInput(blank([4, 3], 'int32'), box.forward(blank([4, 3])).cache),
  ],
]);
