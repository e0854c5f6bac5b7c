import { add, div, mul, tidy, type Tensor } from '@tensorflow/tfjs-core';
import { checkGradOutput, checkInput, checkRank } from '../lib/check.ts';
import { scalar } from '../lib/constant.ts';
import { between } from '../lib/kernels/elementwise/between.ts';
import { clip } from '../lib/kernels/elementwise/clip.ts';
import { sameShape } from '../lib/window.ts';
import type { Facts, Shape } from '../lib/facts.ts';
import { Module, type ForwardResult } from '../lib/module.ts';

/** The values that `HardSigmoid` keeps for its backward method. */
export interface HardSigmoidCache {
  readonly input: Tensor;
}

/**
 * A sigmoid in three straight pieces: 0, then a line of slope 1/6, then 1. It gates the channels in
 * the squeeze-and-excitation blocks of MobileNetV3.
 *
 *   forward          x_out = min(max(x_in + 3, 0), 6) / 6
 *   backpropToInput  ∂C/∂x_in = ∂C/∂x_out · (1/6) 1[−3 < x_in < 3]
 *
 * At −3 and at 3 the derivative is 0.
 *
 * Shapes: input, output, gradOutput: any, all the same.
 * Errors: an input or gradOutput that is not a float tensor; a gradOutput whose shape differs from
 *         the output's.
 * Source: Howard et al. 2019, "Searching for MobileNetV3", arXiv:1905.02244, section 5.2; the
 *         derivative at −3 and at 3 is that of PyTorch's nn.Hardsigmoid.
 *
 *     const box = new HardSigmoid();
 *     box.infer(tensor1d([-4, 0, 1.5]));   // [0, 0.5, 0.75]
 */
export class HardSigmoid extends Module<Tensor, Tensor, HardSigmoidCache> {
  override readonly hidesInfinity = true;

  forward(input: Tensor): ForwardResult<Tensor, HardSigmoidCache> {
    checkInput(this, input);
    const output = tidy(() => div(clip(add(input, scalar(3)), 0, 6), scalar(6)));
    return { output, cache: { input: input.clone() } };
  }

  backpropToInput(gradOutput: Tensor, { input }: HardSigmoidCache): Tensor {
    checkGradOutput(this, 'backpropToInput', gradOutput, input.shape);
    return tidy(() => mul(gradOutput, div(between(input, -3, 3), scalar(6))));
  }

  override facts([input]: readonly Shape[]): Facts {
    checkRank(this, input);
    return sameShape(input, 'elementwise', [0, 1]);
  }
}
