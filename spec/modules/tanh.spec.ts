import * as tf from '@tensorflow/tfjs-core';
import { Tanh } from '../../modules/tanh.ts';
import { expectAllClose } from '../support/compare.ts';
import { describeElementwise } from '../support/elementwise.ts';
import { describeFixture, eachBackend } from '../support/fixtures.ts';

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

describeElementwise(() => new Tanh(), { range: [-1, 1] });
