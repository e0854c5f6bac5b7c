import { add, div, mul, tidy, type Tensor } from '@tensorflow/tfjs-core';
import { checkGradOutput, checkInput, checkRank } from '../lib/check.ts';
import { scalar } from '../lib/constant.ts';
import { between } from '../lib/kernels/elementwise/between.ts';
import { clip } from '../lib/kernels/elementwise/clip.ts';
import { sameShape } from '../lib/window.ts';
import type { Facts, Shape } from '../lib/facts.ts';
import { Module, type ForwardResult } from '../lib/module.ts';

/** The values that `HardSwish` keeps for its backward method. */
export interface HardSwishCache {
  readonly input: Tensor;
  /** The hard sigmoid h(x_in). */
  readonly gate: Tensor;
}

/**
 * The input multiplied by its hard sigmoid. It is close to `SiLU`, but needs no exponential.
 *
 *   forward          x_out = x_in h(x_in),  h(x) = min(max(x + 3, 0), 6) / 6
 *   backpropToInput  ∂C/∂x_in = ∂C/∂x_out · (h(x_in) + (x_in/6) 1[−3 < x_in < 3])
 *
 * So the derivative is 0 up to −3, x_in/3 + ½ between −3 and 3, and 1 from 3 on. At −3 it is 0 and
 * not −½; at 3 it is 1 and not 1½. At −∞ the output is −∞ · 0, which is NaN, as in PyTorch.
 *
 * Shapes: input, output, gradOutput: any, all the same.
 * Errors: an input or gradOutput that is not a float tensor; a gradOutput whose shape differs from
 *         the output's.
 * Source: Howard et al. 2019, "Searching for MobileNetV3", arXiv:1905.02244, section 5.2; the
 *         derivative at −3 and at 3 is that of PyTorch's nn.Hardswish.
 *
 *     const box = new HardSwish();
 *     box.infer(tensor1d([-4, 1, 5]));   // [0, 0.6667, 5]
 */
export class HardSwish extends Module<Tensor, Tensor, HardSwishCache> {
  override readonly hidesInfinity = false;

  forward(input: Tensor): ForwardResult<Tensor, HardSwishCache> {
    checkInput(this, input);
    // The quotient comes before the product with x_in, so that 6 x_in cannot overflow.
    const gate = tidy(() => div(clip(add(input, scalar(3)), 0, 6), scalar(6)));
    return { output: mul(input, gate), cache: { input: input.clone(), gate } };
  }

  backpropToInput(gradOutput: Tensor, { input, gate }: HardSwishCache): Tensor {
    checkGradOutput(this, 'backpropToInput', gradOutput, input.shape);
    return tidy(() => {
      // The clipped input is finite, so that it can be multiplied by 0.
      const sixth = div(clip(input, -3, 3), scalar(6));
      return mul(gradOutput, add(gate, mul(sixth, between(input, -3, 3))));
    });
  }

  override facts([input]: readonly Shape[]): Facts {
    checkRank(this, input);
    // The minimum of x (x + 3)/6 is at −3/2.
    return sameShape(input, 'elementwise', [-3 / 8, Infinity]);
  }
}
