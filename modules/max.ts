import { equal, maximum, tidy, where, zerosLike, type Tensor } from '@tensorflow/tfjs-core';
import { checkGradOutput } from '../lib/check.ts';
import { checkSameShape } from '../lib/check.ts';
import { Module, type ForwardResult } from '../lib/module.ts';

/**
 * The largest of several inputs, element by element.
 *
 *   forward          x_out = max_k x_k
 *   backpropToInput  ∂C/∂x_k = ∂C/∂x_out · 1[k is the winner]
 *
 * Among equals the first wins and gets the whole gradient.
 *
 * Shapes: inputs, output, gradOutput: any, all the same.
 * Errors: inputs of two shapes, or that are no float tensors; a gradOutput of another shape than the output.
 */
export interface MaxCache {
  readonly inputs: readonly Tensor[];
  readonly output: Tensor;
}

export class Max extends Module<readonly Tensor[], Tensor, MaxCache> {
  override readonly arity = 'list';

  forward(inputs: readonly Tensor[]): ForwardResult<Tensor, MaxCache> {
    checkSameShape(this, inputs);
    const output = tidy(() => inputs.reduce((most, x) => maximum(most, x)).clone());
    return { output, cache: { inputs: inputs.map((x) => x.clone()), output: output.clone() } };
  }

  backpropToInput(gradOutput: Tensor, { inputs, output }: MaxCache): Tensor[] {
    checkGradOutput(this, 'backpropToInput', gradOutput, output.shape);
    return tidy(() => {
      const zero = zerosLike(gradOutput);
      // What no input before k has won.
      let left: Tensor = gradOutput;
      return inputs.map((x) => {
        const wins = equal(x, output);
        const grad = where(wins, left, zero);
        left = where(wins, zero, left);
        return grad;
      });
    });
  }
}
