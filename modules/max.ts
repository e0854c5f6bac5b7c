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
 * The maximum of several inputs, element by element.
 *
 *   forward          x_out = max_k x_k
 *   backpropToInput  ∂C/∂x_k = ∂C/∂x_out · 1[k is the winner]
 *
 * If several are equal, the first one wins and gets the whole gradient.
 *
 * Shapes: inputs, output, gradOutput: any, all the same.
 * Errors: inputs of different shapes; inputs that are not float tensors; a gradOutput whose shape
 *         differs from the output's.
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
      // The gradient, but 0 at the elements for which an earlier input has been the maximum.
      let left: Tensor = gradOutput;
      return inputs.map((x) => {
        // Where the output is NaN, the comparison is false, so the first input gets the gradient.
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
