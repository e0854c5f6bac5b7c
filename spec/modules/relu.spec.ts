import * as tf from '@tensorflow/tfjs-core';
import { ReLU } from '../../modules/relu.ts';
import { numbers } from '../support/compare.ts';
import { describeElementwise } from '../support/elementwise.ts';
import { describeFixture, eachBackend } from '../support/fixtures.ts';

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

describeElementwise(() => new ReLU(), { range: [0, Infinity] });
