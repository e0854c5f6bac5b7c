import { mul, sigmoid, sub, tidy, type Tensor } from '@tensorflow/tfjs-core';
import { checkGradOutput, checkInput } from '../lib/check.ts';
import { scalar } from '../lib/constant.ts';
import { Module, type ForwardResult } from '../lib/module.ts';

/**
 * The logistic function.
 *
 *   forward          x_out = 1 / (1 + exp(−x_in))
 *   backpropToInput  ∂C/∂x_in = ∂C/∂x_out · x_out (1 − x_out)
 *
 * Shapes: input, output, gradOutput: any, all the same.
 * Errors: an input or gradOutput that is no float tensor; a gradOutput of another shape than the output.
 * Source: lecture, "Non-Linearity".
 */
export interface SigmoidCache {
  readonly output: Tensor;
}

export class Sigmoid extends Module<Tensor, Tensor, SigmoidCache> {
  forward(input: Tensor): ForwardResult<Tensor, SigmoidCache> {
    checkInput(this, input);
    const output = sigmoid(input);
    return { output, cache: { output: output.clone() } };
  }

  backpropToInput(gradOutput: Tensor, { output }: SigmoidCache): Tensor {
    checkGradOutput(this, 'backpropToInput', gradOutput, output.shape);
    return tidy(() => mul(gradOutput, mul(output, sub(scalar(1), output))));
  }
}
