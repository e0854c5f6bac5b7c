import type { Tensor } from '@tensorflow/tfjs-core';
import { checkGradOutput, checkInput } from '../lib/check.ts';
import { Module, type ForwardResult } from '../lib/module.ts';

/**
 * What comes in goes out: the shortcut of a residual network, or an empty place in a chain.
 *
 *   forward          x_out = x_in
 *   backpropToInput  ∂C/∂x_in = ∂C/∂x_out
 *
 * Shapes: input, output, gradOutput: any, all the same.
 * Errors: an input or gradOutput that is no float tensor; a gradOutput of another shape than the output.
 */
export interface IdentityCache {
  readonly shape: readonly number[];
}

export class Identity extends Module<Tensor, Tensor, IdentityCache> {
  forward(input: Tensor): ForwardResult<Tensor, IdentityCache> {
    checkInput(this, input);
    return { output: input.clone(), cache: { shape: input.shape } };
  }

  backpropToInput(gradOutput: Tensor, { shape }: IdentityCache): Tensor {
    checkGradOutput(this, 'backpropToInput', gradOutput, shape);
    return gradOutput.clone();
  }
}
