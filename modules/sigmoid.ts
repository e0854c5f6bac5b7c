import { mul, sub, tidy, type Tensor } from '@tensorflow/tfjs-core';
import { checkGradOutput, checkInput, checkRank } from '../lib/check.ts';
import { scalar } from '../lib/constant.ts';
import { sigmoidOf } from '../lib/kernels/elementwise/keepNaN.ts';
import { sameShape } from '../lib/window.ts';
import type { Facts, Shape } from '../lib/facts.ts';
import { Module, type ForwardResult } from '../lib/module.ts';

/** The values that `Sigmoid` keeps for its backward method. */
export interface SigmoidCache {
  readonly output: Tensor;
}

/**
 * The logistic function.
 *
 *   forward          x_out = 1 / (1 + exp(−x_in))
 *   backpropToInput  ∂C/∂x_in = ∂C/∂x_out · x_out (1 − x_out)
 *
 * Shapes: input, output, gradOutput: any, all the same.
 * Errors: an input or gradOutput that is not a float tensor; a gradOutput whose shape differs from
 *         the output's.
 * Source: lecture, "Non-Linearity".
 *
 *     const box = new Sigmoid();
 *     box.infer(tensor1d([-100, 0, 2]));   // [0, 0.5, 0.8808]
 */
export class Sigmoid extends Module<Tensor, Tensor, SigmoidCache> {
  override readonly hidesInfinity = true;

  forward(input: Tensor): ForwardResult<Tensor, SigmoidCache> {
    checkInput(this, input);
    const output = sigmoidOf(input);
    return { output, cache: { output: output.clone() } };
  }

  backpropToInput(gradOutput: Tensor, { output }: SigmoidCache): Tensor {
    checkGradOutput(this, 'backpropToInput', gradOutput, output.shape);
    return tidy(() => mul(gradOutput, mul(output, sub(scalar(1), output))));
  }

  override facts([input]: readonly Shape[]): Facts {
    checkRank(this, input);
    return sameShape(input, 'elementwise', [0, 1]);
  }
}
