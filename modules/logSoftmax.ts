import { exp, mul, sub, sum, tidy, type Tensor } from '@tensorflow/tfjs-core';
import { checkGradOutput, checkInput } from '../lib/check.ts';
import { logSoftmax } from '../lib/kernels/elementwise/logSoftmax.ts';
import { Module, type ForwardResult } from '../lib/module.ts';

/**
 * Scores to logarithms of probabilities, along the last axis.
 *
 *   forward          y_i = x_i − log Σ_j exp(x_j)
 *   backpropToInput  ∂C/∂x_i = g_i − exp(y_i) Σ_j g_j,  g = ∂C/∂y
 *
 * because ∂y_j/∂x_i = 1[i = j] − exp(y_i). The largest score m is taken off first, y_i = (x_i − m) − log Σ_j exp(x_j − m),
 * so no exponential overflows and no logarithm is of 0.
 *
 * Shapes: input, output, gradOutput [..., classes].
 * Errors: an input or gradOutput that is no float tensor; a gradOutput of another shape than the output.
 * Source: Bridle 1990; with `NegativeLogLikelihood` it makes `SoftmaxCrossEntropy`.
 */
export interface LogSoftmaxCache {
  readonly output: Tensor;
}

export class LogSoftmax extends Module<Tensor, Tensor, LogSoftmaxCache> {
  forward(input: Tensor): ForwardResult<Tensor, LogSoftmaxCache> {
    checkInput(this, input);
    const output = logSoftmax(input);
    return { output, cache: { output: output.clone() } };
  }

  backpropToInput(gradOutput: Tensor, { output: y }: LogSoftmaxCache): Tensor {
    checkGradOutput(this, 'backpropToInput', gradOutput, y.shape);
    return tidy(() => sub(gradOutput, mul(exp(y), sum(gradOutput, -1, true))));
  }
}
