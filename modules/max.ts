import { less, tidy, where, zerosLike, type Tensor } from '@tensorflow/tfjs-core';
import { checkGradOutput, checkSameAxes, checkSameShape } from '../lib/check.ts';
import { maximum } from '../lib/kernels/elementwise/maximum.ts';
import { sameShape } from '../lib/window.ts';
import type { Facts, Shape } from '../lib/facts.ts';
import { Module, type ForwardResult } from '../lib/module.ts';

/** The values that `Max` keeps for its backward method. */
export interface MaxCache {
  readonly inputs: readonly Tensor[];
  readonly output: Tensor;
}

/**
 * The largest of several inputs, element by element.
 *
 *   forward          x_out = max_k x_k
 *   backpropToInput  ∂C/∂x_k = ∂C/∂x_out · 1[k is the winner]
 *
 * Among equals the first wins and gets the whole gradient.
 *
 * Shapes: inputs, output, gradOutput: any, all the same.
 * Errors: inputs of two shapes, or that are not float tensors; a gradOutput of another shape than
 *         the output.
 *
 *     const box = new Max();
 *     box.infer([tensor1d([1, 20]), tensor1d([10, 2])]);   // [10, 20]
 */
export class Max extends Module<readonly Tensor[], Tensor, MaxCache> {
  override readonly arity = 'list';
  override readonly hidesInfinity = true;

  forward(inputs: readonly Tensor[]): ForwardResult<Tensor, MaxCache> {
    checkSameShape(this, inputs);
    const output = tidy(() => inputs.reduce((most, x) => maximum(most, x)).clone());
    return { output, cache: { inputs: inputs.map((x) => x.clone()), output: output.clone() } };
  }

  backpropToInput(gradOutput: Tensor, { inputs, output }: MaxCache): Tensor[] {
    checkGradOutput(this, 'backpropToInput', gradOutput, output.shape);
    return tidy(() => {
      const zero = zerosLike(gradOutput);
      // The gradient, with 0 at the elements that an input before k has won.
      let left: Tensor = gradOutput;
      return inputs.map((x) => {
        // Where the output is NaN, nobody loses, and the first gets the gradient.
        const loses = less(x, output);
        const grad = where(loses, zero, left);
        left = where(loses, left, zero);
        return grad;
      });
    });
  }

  override facts(inputs: readonly Shape[]): Facts {
    checkSameAxes(this, inputs);
    return sameShape(inputs[0], 'elementwise');
  }
}
