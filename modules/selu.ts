import { add, exp, expm1, mul, relu, step, tidy, type Tensor } from '@tensorflow/tfjs-core';
import { checkGradOutput, checkInput } from '../lib/check.ts';
import { scalar } from '../lib/constant.ts';
import { negativePart } from '../lib/kernels/elementwise/negativePart.ts';
import { Module, type ForwardResult } from '../lib/module.ts';

/**
 * The scaled exponential linear unit. Its two constants make mean 0 and variance 1 a fixed point: layers of it
 * normalize themselves.
 *
 *   forward          x_out = λ (max(0, x_in) + α (exp(min(0, x_in)) − 1))
 *   backpropToInput  ∂C/∂x_in = ∂C/∂x_out · λ (1 where x_in > 0, α exp(x_in) where x_in ≤ 0)
 *
 * At 0 the derivative is λ α. No exponential overflows, for none is of a positive number.
 *
 * Shapes: input, output, gradOutput: any, all the same.
 * Errors: an input or gradOutput that is no float tensor; a gradOutput of another shape than the output.
 * Source: Klambauer et al. 2017, arXiv:1706.02515, equations 2 and 14.
 */
export interface SELUCache {
  readonly input: Tensor;
}

export class SELU extends Module<Tensor, Tensor, SELUCache> {
  static readonly alpha = 1.6732632423543772;
  static readonly lambda = 1.0507009873554805;

  forward(input: Tensor): ForwardResult<Tensor, SELUCache> {
    checkInput(this, input);
    const output = tidy(() => {
      const unscaled = add(relu(input), mul(scalar(SELU.alpha), expm1(negativePart(input))));
      return mul(scalar(SELU.lambda), unscaled);
    });
    return { output, cache: { input: input.clone() } };
  }

  backpropToInput(gradOutput: Tensor, { input }: SELUCache): Tensor {
    checkGradOutput(this, 'backpropToInput', gradOutput, input.shape);
    return tidy(() => {
      // Above 0 the exponential is exp(0) = 1, and so is the step.
      const unscaled = mul(step(input, SELU.alpha), exp(negativePart(input)));
      return mul(gradOutput, mul(scalar(SELU.lambda), unscaled));
    });
  }
}
