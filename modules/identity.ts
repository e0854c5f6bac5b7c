import type { Tensor } from '@tensorflow/tfjs-core';
import { checkGradOutput, checkInput, checkRank } from '../lib/check.ts';
import { sameShape } from '../lib/window.ts';
import type { Facts, Shape } from '../lib/facts.ts';
import { Module, type ForwardResult } from '../lib/module.ts';

/** The values that `Identity` keeps for its backward method. */
export interface IdentityCache {
  readonly shape: readonly number[];
}

/**
 * Returns its input. It can be the shortcut of a residual network, or a box that does nothing in a
 * chain.
 *
 *   forward          x_out = x_in
 *   backpropToInput  ∂C/∂x_in = ∂C/∂x_out
 *
 * Shapes: input, output, gradOutput: any, all the same.
 * Errors: an input or gradOutput that is not a float tensor; a gradOutput whose shape differs from
 *         the output's.
 * Source: He, Zhang, Ren, Sun 2015, arXiv:1512.03385, section 3.2.
 *
 *     const box = new Identity();
 *     box.infer(tensor1d([1, 2]));   // [1, 2]
 */
export class Identity extends Module<Tensor, Tensor, IdentityCache> {
  override readonly hidesInfinity = false;

  forward(input: Tensor): ForwardResult<Tensor, IdentityCache> {
    checkInput(this, input);
    return { output: input.clone(), cache: { shape: input.shape } };
  }

  backpropToInput(gradOutput: Tensor, { shape }: IdentityCache): Tensor {
    checkGradOutput(this, 'backpropToInput', gradOutput, shape);
    return gradOutput.clone();
  }

  override facts([input]: readonly Shape[]): Facts {
    checkRank(this, input);
    return sameShape(input, 'identity');
  }
}
