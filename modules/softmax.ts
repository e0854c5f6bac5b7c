import { mul, softmax, sub, sum, tidy, type Tensor } from '@tensorflow/tfjs-core';
import { checkGradOutput, checkInput } from '../lib/check.ts';
import { Module, type ForwardResult } from '../lib/module.ts';

/**
 * Scores to probabilities, along the last axis.
 *
 *   forward          y_i = exp(x_i) / Σ_j exp(x_j)
 *   backpropToInput  ∂C/∂x_i = y_i (g_i − Σ_j g_j y_j),  g = ∂C/∂y
 *
 * because ∂y_j/∂x_i = y_j (1[i = j] − y_i). The largest score is taken off first, so no exponential overflows.
 *
 * Shapes: input, output, gradOutput [..., classes].
 * Errors: an input or gradOutput that is no float tensor; a gradOutput of another shape than the output.
 * Source: Bridle 1990; for training, `SoftmaxCrossEntropy` on the scores is exact where log(softmax) is not.
 */
export interface SoftmaxCache {
  readonly output: Tensor;
}

export class Softmax extends Module<Tensor, Tensor, SoftmaxCache> {
  forward(input: Tensor): ForwardResult<Tensor, SoftmaxCache> {
    checkInput(this, input);
    const output = softmax(input);
    return { output, cache: { output: output.clone() } };
  }

  backpropToInput(gradOutput: Tensor, { output: y }: SoftmaxCache): Tensor {
    checkGradOutput(this, 'backpropToInput', gradOutput, y.shape);
    return tidy(() => mul(y, sub(gradOutput, sum(mul(gradOutput, y), -1, true))));
  }
}
