import * as tf from '@tensorflow/tfjs-core';
import { Identity } from '../../modules/identity.ts';
import { numbers } from '../support/compare.ts';
import { describeElementwise } from '../support/elementwise.ts';
import { eachBackend } from '../support/fixtures.ts';

eachBackend('by hand', () => {
  test('input and gradient pass through unchanged, in new tensors', () => {
    const box = new Identity();
    const [x, g] = [tf.tensor2d([[1, -2, 3]]), tf.tensor2d([[4, 5, -6]])];
    const { output, cache } = box.forward(x);
    const gradInput = box.backpropToInput(g, cache);
    tf.dispose([x, g]);
    expect(numbers(output)).toEqual([[1, -2, 3]]);
    expect(numbers(gradInput)).toEqual([[4, 5, -6]]);
    expect(box.params).toEqual({});
    expect(box.backpropToParams(output, cache)).toEqual({});
  });
});

describeElementwise(() => new Identity(), { window: 'identity' });
