import { mul, sub, sum, tidy, type Tensor } from '@tensorflow/tfjs-core';
import { checkGradOutput, checkInput, checkRank } from '../lib/check.ts';
import { softmaxOf } from '../lib/kernels/elementwise/keepNaN.ts';
import { sameShape } from '../lib/window.ts';
import type { Facts, Shape } from '../lib/facts.ts';
import { Module, type ForwardResult } from '../lib/module.ts';

/** The values that `Softmax` keeps for its backward method. */
export interface SoftmaxCache {
  readonly output: Tensor;
}

/**
 * Converts scores to probabilities along the last axis.
 *
 *   forward          y_i = exp(x_i) / Σ_j exp(x_j)
 *   backpropToInput  ∂C/∂x_i = y_i (g_i − Σ_j g_j y_j),  g = ∂C/∂y
 *
 * because ∂y_j/∂x_i = y_j (1[i = j] − y_i). The largest score is subtracted first, so no
 * exponential overflows.
 *
 * Shapes: input, output, gradOutput [..., classes].
 * Errors: an input or gradOutput that is not a float tensor; a gradOutput whose shape differs from
 *         the output's.
 * Source: Bridle 1990. For training, apply `SoftmaxCrossEntropy` to the scores, which is more
 *         precise than log(softmax).
 *
 *     const box = new Softmax();
 *     box.infer(tensor2d([[0, Math.log(3)]]));   // [[0.25, 0.75]]
 */
export class Softmax extends Module<Tensor, Tensor, SoftmaxCache> {
  override readonly hidesInfinity = true;

  forward(input: Tensor): ForwardResult<Tensor, SoftmaxCache> {
    checkInput(this, input);
    const output = softmaxOf(input);
    return { output, cache: { output: output.clone() } };
  }

  backpropToInput(gradOutput: Tensor, { output: y }: SoftmaxCache): Tensor {
    checkGradOutput(this, 'backpropToInput', gradOutput, y.shape);
    return tidy(() => mul(y, sub(gradOutput, sum(mul(gradOutput, y), -1, true))));
  }

  override facts([input]: readonly Shape[]): Facts {
    checkRank(this, input);
    return sameShape(input, 'channels');
  }
}
