import { mul, sub, sum, tidy, type Tensor } from '@tensorflow/tfjs-core';
import { checkGradOutput, checkInput, checkRank } from '../lib/check.ts';
import { expOf } from '../lib/kernels/elementwise/keepNaN.ts';
import { logSoftmax } from '../lib/kernels/elementwise/logSoftmax.ts';
import { sameShape } from '../lib/window.ts';
import type { Facts, Shape } from '../lib/facts.ts';
import { Module, type ForwardResult } from '../lib/module.ts';

/** The values that `LogSoftmax` keeps for its backward method. */
export interface LogSoftmaxCache {
  readonly output: Tensor;
}

/**
 * Converts scores to log-probabilities along the last axis.
 *
 *   forward          y_i = x_i − log Σ_j exp(x_j)
 *   backpropToInput  ∂C/∂x_i = g_i − exp(y_i) Σ_j g_j,  g = ∂C/∂y
 *
 * because ∂y_j/∂x_i = 1[i = j] − exp(y_i). The largest score m is subtracted first,
 * y_i = (x_i − m) − log Σ_j exp(x_j − m), so no exponential overflows and no logarithm receives 0.
 *
 * Shapes: input, output, gradOutput [..., classes].
 * Errors: an input or gradOutput that is not a float tensor; a gradOutput whose shape differs from
 *         the output's.
 * Source: Bridle 1990. Followed by `NegativeLogLikelihood`, it is `SoftmaxCrossEntropy`.
 *
 *     const box = new LogSoftmax();
 *     box.infer(tensor2d([[0, Math.log(3)]]));   // [[log 0.25, log 0.75]]
 */
export class LogSoftmax extends Module<Tensor, Tensor, LogSoftmaxCache> {
  override readonly hidesInfinity = true;

  forward(input: Tensor): ForwardResult<Tensor, LogSoftmaxCache> {
    checkInput(this, input);
    const output = logSoftmax(input);
    return { output, cache: { output: output.clone() } };
  }

  backpropToInput(gradOutput: Tensor, { output: y }: LogSoftmaxCache): Tensor {
    checkGradOutput(this, 'backpropToInput', gradOutput, y.shape);
    return tidy(() => sub(gradOutput, mul(expOf(y), sum(gradOutput, -1, true))));
  }

  override facts([input]: readonly Shape[]): Facts {
    checkRank(this, input);
    return sameShape(input, 'channels');
  }
}
