import { add, expm1, mul, step, tidy, type Tensor } from '@tensorflow/tfjs-core';
import { checkGradOutput, checkInput, checkRank } from '../lib/check.ts';
import { scalar } from '../lib/constant.ts';
import { expOf } from '../lib/kernels/elementwise/keepNaN.ts';
import { negativePart, positivePart } from '../lib/kernels/elementwise/parts.ts';
import { sameShape } from '../lib/window.ts';
import type { Facts, Shape } from '../lib/facts.ts';
import { Module, type ForwardResult } from '../lib/module.ts';

/** The values that `SELU` keeps for its backward method. */
export interface SELUCache {
  readonly input: Tensor;
}

/**
 * The scaled exponential linear unit. With its two constants, mean 0 and variance 1 are a fixed
 * point from layer to layer, so a network of these units normalizes itself.
 *
 *   forward          x_out = λ (max(0, x_in) + α (exp(min(0, x_in)) − 1))
 *   backpropToInput  ∂C/∂x_in = ∂C/∂x_out · λ (1 where x_in > 0, α exp(x_in) where x_in ≤ 0)
 *
 * At 0 the derivative is λ α. No exponential overflows, because no exponent is positive.
 *
 * Shapes: input, output, gradOutput: any, all the same.
 * Errors: an input or gradOutput that is not a float tensor; a gradOutput whose shape differs from
 *         the output's.
 * Source: Klambauer et al. 2017, arXiv:1706.02515, equations 2 and 14.
 *
 *     const box = new SELU();
 *     box.infer(tensor1d([-10, 2]));   // [-1.7580, 2.1014]
 */
export class SELU extends Module<Tensor, Tensor, SELUCache> {
  override readonly hidesInfinity = true;

  /** The constant α. */
  static readonly alpha = 1.6732632423543772;
  /** The constant λ. */
  static readonly lambda = 1.0507009873554805;

  forward(input: Tensor): ForwardResult<Tensor, SELUCache> {
    checkInput(this, input);
    const output = tidy(() => {
      const unscaled = add(
        positivePart(input),
        mul(scalar(SELU.alpha), expm1(negativePart(input))),
      );
      return mul(scalar(SELU.lambda), unscaled);
    });
    return { output, cache: { input: input.clone() } };
  }

  backpropToInput(gradOutput: Tensor, { input }: SELUCache): Tensor {
    checkGradOutput(this, 'backpropToInput', gradOutput, input.shape);
    return tidy(() => {
      // Where the input is above 0, both factors are 1.
      const unscaled = mul(step(input, SELU.alpha), expOf(negativePart(input)));
      return mul(gradOutput, mul(scalar(SELU.lambda), unscaled));
    });
  }

  override facts([input]: readonly Shape[]): Facts {
    checkRank(this, input);
    return sameShape(input, 'elementwise', [-SELU.lambda * SELU.alpha, Infinity]);
  }
}
