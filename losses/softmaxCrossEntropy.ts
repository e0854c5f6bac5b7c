import {
  exp,
  log,
  max,
  mul,
  sub,
  sum,
  tidy,
  type Scalar,
  type Tensor,
  type Tensor1D,
  type Tensor2D,
} from '@tensorflow/tfjs-core';
import { checkChoice, checkLabels, checkProbabilities, checkTensor } from '../lib/check.ts';
import { Cost, type Reduction } from '../lib/cost.ts';
import { scalar } from '../lib/kernels/constant.ts';
import { oneHot } from '../lib/kernels/oneHot.ts';

/**
 * The cross-entropy of the softmax of scores x with a target distribution y.
 *
 *   forward          C = −Σ_n Σ_k y_nk log p_nk,  log p_nk = x_nk − log Σ_j exp(x_nj);  over N for 'mean'
 *   backpropToInput  ∂C/∂x_nk = p_nk Σ_j y_nj − y_nk;  over N for 'mean'
 *
 * The largest score is taken off first: log p is exact for scores of any size, where the logarithm of a softmax
 * would be −∞. For a label or a distribution Σ_j y_nj = 1.
 *
 * Shapes: input [N, classes]; target either labels [N], int32, or probabilities [N, classes], float32; loss a scalar.
 * Errors: another shape or dtype; a label outside 0 ... classes − 1, named with its index; a negative or non-finite
 *         probability.
 * Source: Bridle 1990; the lecture's softmax classifier.
 */
export interface SoftmaxCrossEntropyOptions {
  readonly reduction?: Reduction;
}

export interface SoftmaxCrossEntropyCache {
  readonly logProbabilities: Tensor2D;
  /** As probabilities. */
  readonly target: Tensor2D;
}

export class SoftmaxCrossEntropy extends Cost<Tensor2D, Tensor1D | Tensor2D, SoftmaxCrossEntropyCache> {
  readonly reduction: Reduction;

  constructor({ reduction = 'mean' }: SoftmaxCrossEntropyOptions = {}) {
    super();
    checkChoice(this, 'reduction', reduction, ['mean', 'sum']);
    this.reduction = reduction;
  }

  forward(input: Tensor2D, target: Tensor1D | Tensor2D): { loss: Scalar; cache: SoftmaxCrossEntropyCache } {
    checkTensor(this, 'forward', 'input', input, ['N', 'classes']);
    return tidy(() => {
      const y = this.#distributions(target, input.shape);
      const shifted = sub(input, max(input, 1, true));
      const logProbabilities: Tensor2D = sub(shifted, log(sum(exp(shifted), 1, true)));
      const loss: Scalar = mul(sum(mul(y, logProbabilities)), scalar(-this.#weight(y)));
      return { loss, cache: { logProbabilities, target: y } };
    });
  }

  backpropToInput({ logProbabilities, target: y }: SoftmaxCrossEntropyCache): Tensor2D {
    return tidy(() => mul(sub(mul(exp(logProbabilities), sum(y, 1, true)), y), scalar(this.#weight(y))));
  }

  /** The target, checked, with one row of probabilities an example. */
  #distributions(target: Tensor1D | Tensor2D, [batch, classes]: [number, number]): Tensor2D {
    if (isLabels(target)) {
      checkTensor(this, 'forward', 'labels', target, [batch], 'int32');
      const labels = target.dataSync();
      checkLabels(this, labels, classes);
      return oneHot(labels, classes);
    }
    checkTensor(this, 'forward', 'target', target, [batch, classes]);
    checkProbabilities(this, target.dataSync());
    return target.clone();
  }

  /** What one example counts. */
  #weight(target: Tensor): number {
    return this.reduction === 'mean' ? 1 / target.shape[0] : 1;
  }
}

function isLabels(target: Tensor1D | Tensor2D): target is Tensor1D {
  return target.rank === 1;
}
