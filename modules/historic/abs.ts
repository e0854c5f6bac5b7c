import { abs, mul, sign, tidy, type Tensor } from '@tensorflow/tfjs-core';
import { checkGradOutput, checkInput } from '../../lib/check.ts';
import { Module, type ForwardResult } from '../../lib/module.ts';

/**
 * Rectification by the absolute value, for which an edge and its negative are one. At 0 its derivative is taken to be 0.
 *
 *   forward          x_out = |x_in|
 *   backpropToInput  ∂C/∂x_in = ∂C/∂x_out · sign(x_in)
 *
 * Shapes: input, output, gradOutput: any, all the same.
 * Errors: an input or gradOutput that is no float tensor; a gradOutput of another shape than the output.
 * Source: lecture, "Rectification"; Jarrett et al., ICCV 2009, section 2.
 */
export interface AbsCache {
  readonly input: Tensor;
}

export class Abs extends Module<Tensor, Tensor, AbsCache> {
  forward(input: Tensor): ForwardResult<Tensor, AbsCache> {
    checkInput(this, input);
    return { output: abs(input), cache: { input: input.clone() } };
  }

  backpropToInput(gradOutput: Tensor, { input }: AbsCache): Tensor {
    checkGradOutput(this, 'backpropToInput', gradOutput, input.shape);
    return tidy(() => mul(gradOutput, sign(input)));
  }
}
