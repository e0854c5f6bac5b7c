import * as tf from '@tensorflow/tfjs-core';
import { Softmax } from '../../modules/softmax.ts';
import { expectAllClose } from '../support/compare.ts';
import { describeContract } from '../support/contract.ts';
import { describeFixture, eachBackend } from '../support/fixtures.ts';
import { blank, describeRefusals, disposed } from '../support/refusals.ts';

eachBackend('by hand', () => {
  test('scores 0 and ln 3 are probabilities 1/4 and 3/4', () => {
    const box = new Softmax();
    const { output, cache } = box.forward(tf.tensor2d([[0, Math.log(3)]]));
    expectAllClose(output, { shape: [1, 2], values: [1 / 4, 3 / 4] });
    const gradInput = box.backpropToInput(tf.tensor2d([[16, 0]]), cache); // Σ g y = 4
    expectAllClose(gradInput, { shape: [1, 2], values: [(16 - 4) / 4, ((0 - 4) * 3) / 4] });
  });

  test('the probabilities of each row sum to 1, for scores of any size', () => {
    const box = new Softmax();
    const { output, cache } = box.forward(
      tf.tensor2d([
        [1e4, -1e4, 0],
        [-1e4, -1e4, -1e4],
      ]),
    );
    expectAllClose(output, { shape: [2, 3], values: [1, 0, 0, 1 / 3, 1 / 3, 1 / 3] });
    const gradInput = box.backpropToInput(
      tf.tensor2d([
        [1, 2, 3],
        [3, 6, 9],
      ]),
      cache,
    );
    expectAllClose(gradInput, { shape: [2, 3], values: [0, 0, 0, -1, 0, 1] });
  });

  test('a gradient that is the same for every class moves nothing', () => {
    const box = new Softmax();
    const { output, cache } = box.forward(tf.tensor2d([[1, -2, 3]]));
    const gradInput = box.backpropToInput(tf.onesLike(output), cache);
    expect(Math.max(...gradInput.dataSync().map(Math.abs))).toBeLessThan(1e-7);
  });
});

describeFixture('softmax', () => new Softmax());

describeContract(
  () => new Softmax(),
  () => [tf.reshape(tf.linspace(-2, 2, 12), [4, 3]), tf.reshape(tf.linspace(-1, 3, 10), [2, 5])],
);

const box = new Softmax();

describeRefusals([
  [
    'Softmax.forward: expected input of dtype float32, got int32',
    () => box.forward(blank([4, 3], 'int32')),
  ],
  [
    'Softmax.forward: expected input to be a tensor, got 3',
    () => box.forward(3 as unknown as tf.Tensor),
  ],
  ['Softmax.forward: expected input of rank 1 or more, got shape []', () => box.forward(blank([]))],
  [
    'Softmax.forward: expected input to be alive, got a disposed tensor',
    () => box.forward(disposed([2])),
  ],
  [
    'Softmax.backpropToInput: expected gradOutput of shape [4, 3], got [4, 1]',
    () => box.backpropToInput(blank([4, 1]), box.forward(blank([4, 3])).cache),
  ],
  [
    'Softmax.backpropToInput: expected gradOutput of dtype float32, got int32',
    () => box.backpropToInput(blank([4, 3], 'int32'), box.forward(blank([4, 3])).cache),
  ],
]);
