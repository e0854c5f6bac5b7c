import { mul, square, sub, tanh, tidy, type Tensor } from '@tensorflow/tfjs-core';
import { checkGradOutput, checkInput } from '../lib/check.ts';
import { scalar } from '../lib/constant.ts';
import { Module, type ForwardResult } from '../lib/module.ts';

/**
 * The hyperbolic tangent.
 *
 *   forward          x_out = tanh(x_in)
 *   backpropToInput  ∂C/∂x_in = ∂C/∂x_out · (1 − tanh²(x_in)) = ∂C/∂x_out · (1 − x_out²)
 *
 * Shapes: input, output, gradOutput: any, all the same.
 * Errors: an input or gradOutput that is no float tensor; a gradOutput of another shape than the output.
 * Source: lecture, "Some useful derivatives".
 */
export interface TanhCache {
  readonly output: Tensor;
}

export class Tanh extends Module<Tensor, Tensor, TanhCache> {
  forward(input: Tensor): ForwardResult<Tensor, TanhCache> {
    checkInput(this, input);
    const output = tanh(input);
    return { output, cache: { output: output.clone() } };
  }

  backpropToInput(gradOutput: Tensor, { output }: TanhCache): Tensor {
    checkGradOutput(this, 'backpropToInput', gradOutput, output.shape);
    return tidy(() => mul(gradOutput, sub(scalar(1), square(output))));
  }
}
