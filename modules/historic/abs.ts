import { abs, mul, tidy, type Tensor } from '@tensorflow/tfjs-core';
import { checkGradOutput, checkInput, checkRank } from '../../lib/check.ts';
import { signOf } from '../../lib/kernels/elementwise/sign.ts';
import { sameShape } from '../../lib/window.ts';
import type { Facts, Shape } from '../../lib/facts.ts';
import { Module, type ForwardResult } from '../../lib/module.ts';

/** The values that `Abs` keeps for its backward method. */
export interface AbsCache {
  readonly input: Tensor;
}

/**
 * The absolute value, as a rectification: an edge and its negative give the same output. At 0 the
 * derivative is taken to be 0.
 *
 *   forward          x_out = |x_in|
 *   backpropToInput  ∂C/∂x_in = ∂C/∂x_out · sign(x_in)
 *
 * Shapes: input, output, gradOutput: any, all the same.
 * Errors: an input or gradOutput that is not a float tensor; a gradOutput whose shape differs from
 *         the output's.
 * Source: lecture, "Rectification"; Jarrett et al., ICCV 2009, section 2.
 *
 *     const box = new Abs();
 *     box.infer(tensor1d([-2, 3]));   // [2, 3]
 */
export class Abs extends Module<Tensor, Tensor, AbsCache> {
  override readonly hidesInfinity = false;

  forward(input: Tensor): ForwardResult<Tensor, AbsCache> {
    checkInput(this, input);
    return { output: abs(input), cache: { input: input.clone() } };
  }

  backpropToInput(gradOutput: Tensor, { input }: AbsCache): Tensor {
    checkGradOutput(this, 'backpropToInput', gradOutput, input.shape);
    return tidy(() => mul(gradOutput, signOf(input)));
  }

  override facts([input]: readonly Shape[]): Facts {
    checkRank(this, input);
    return sameShape(input, 'elementwise', [0, Infinity]);
  }
}
