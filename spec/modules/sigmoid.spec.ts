import * as tf from '@tensorflow/tfjs-core';
import { Sigmoid } from '../../modules/sigmoid.ts';
import { expectAllClose } from '../support/compare.ts';
import { describeElementwise } from '../support/elementwise.ts';
import { describeFixture, eachBackend } from '../support/fixtures.ts';

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

describeElementwise(() => new Sigmoid(), { range: [0, 1] });
