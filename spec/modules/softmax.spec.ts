import * as tf from '@tensorflow/tfjs-core';
import { Softmax } from '../../modules/softmax.ts';
import { expectAllClose } from '../support/compare.ts';
import { describeElementwise } from '../support/elementwise.ts';
import { describeFixture, eachBackend } from '../support/fixtures.ts';

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

  test('an equal gradient for every class gives an input gradient of 0', () => {
    const box = new Softmax();
    const { output, cache } = box.forward(tf.tensor2d([[1, -2, 3]]));
    const gradInput = box.backpropToInput(tf.onesLike(output), cache);
    expect(Math.max(...gradInput.dataSync().map(Math.abs))).toBeLessThan(1e-7);
  });
});

describeFixture('softmax', () => new Softmax());

describeElementwise(() => new Softmax(), { window: 'channels' });
