import * as tf from '@tensorflow/tfjs-core';
import { Sigmoid } from '../../modules/sigmoid.ts';
import { expectAllClose } from '../support/compare.ts';
import { describeContract } from '../support/contract.ts';
import { describeFixture, eachBackend } from '../support/fixtures.ts';
import { blank, describeRefusals, disposed } from '../support/refusals.ts';

eachBackend('by hand', () => {
  test('σ(ln 3) = 3/4, and the derivative there is 3/16', () => {
    const box = new Sigmoid();
    const { output, cache } = box.forward(tf.tensor1d([0, Math.log(3), -Math.log(3), 200, -200]));
    expectAllClose(output, { shape: [5], values: [1 / 2, 3 / 4, 1 / 4, 1, 0] });
    const gradInput = box.backpropToInput(tf.tensor1d([4, 16, -16, 1, 1]), cache);
    expectAllClose(gradInput, { shape: [5], values: [1, 3, -3, 0, 0] });
  });
});

describeFixture('sigmoid', () => new Sigmoid());

describeContract(
  () => new Sigmoid(),
  () => [tf.reshape(tf.linspace(-2, 2, 12), [4, 3]), tf.reshape(tf.linspace(-1, 3, 10), [2, 5])],
);

const box = new Sigmoid();

describeRefusals([
  [
    'Sigmoid.forward: expected input of dtype float32, got int32',
    () => box.forward(blank([4, 3], 'int32')),
  ],
  [
    'Sigmoid.forward: expected input to be a tensor, got 3',
    () => box.forward(3 as unknown as tf.Tensor),
  ],
  ['Sigmoid.forward: expected input of rank 1 or more, got shape []', () => box.forward(blank([]))],
  [
    'Sigmoid.forward: expected input to be alive, got a disposed tensor',
    () => box.forward(disposed([2])),
  ],
  [
    'Sigmoid.backpropToInput: expected gradOutput of shape [4, 3], got [4, 1]',
    () => box.backpropToInput(blank([4, 1]), box.forward(blank([4, 3])).cache),
  ],
  [
    'Sigmoid.backpropToInput: expected gradOutput of dtype float32, got int32',
    () => box.backpropToInput(blank([4, 3], 'int32'), box.forward(blank([4, 3])).cache),
  ],
]);
