import {
  exp,
  mul,
  neg,
  sub,
  sum,
  tidy,
  Tensor,
  type Scalar,
  type Tensor1D,
  type Tensor2D,
} from '@tensorflow/tfjs-core';
import { checkTensor, nameOf } from '../lib/check.ts';
import { Cost, exampleWeight, type Reduction } from '../lib/cost.ts';
import { BoxError } from '../lib/errors.ts';
import { constant, scalar } from '../lib/constant.ts';
import { logSoftmax } from '../lib/kernels/elementwise/logSoftmax.ts';
import { mulNoNan } from '../lib/kernels/elementwise/arithmetic.ts';
import {
  checkLabelOptions,
  checkScores,
  labelTarget,
  probabilityTarget,
  type LabelOptions,
} from './labels.ts';

/**
 * The cross-entropy of the softmax of scores x with a target distribution y; w_k is the weight of class k, 1 by default.
 *
 *   forward          C = −Σ_n Σ_k t_nk log p_nk,   log p_nk = x_nk − log Σ_j exp(x_nj)
 *   backpropToInput  ∂C/∂x_nk = p_nk Σ_j t_nj − t_nk
 *   where            t_nk = w_k y_nk / S
 *
 * A label is the distribution that is 1 there; an ignored label's y is 0. S = 1 for 'sum'. For 'mean' it is what
 * PyTorch divides by: Σ_n w_{y_n} over the labels that are not ignored (N without weights), and N for probabilities.
 * The largest score is taken off first: log p is exact for scores of any size, where the logarithm of a softmax
 * would be −∞. A score of −∞ has p = 0 and costs nothing as long as the target gives it nothing.
 *
 * Shapes: input [N, classes]; target either labels [N], int32, or probabilities [N, classes], float32; loss a scalar.
 * Errors: another shape or dtype; classes and weights that differ in number; a label outside 0 ... classes − 1 that is
 *         not ignored, named with its index; a 'mean' over labels of which none counts; a negative or non-finite
 *         probability or weight; probabilities where there is an `ignoreIndex`.
 * Source: Bridle 1990; the lecture's softmax classifier. PyTorch's `CrossEntropyLoss`, without its ignore_index −100.
 */
export type SoftmaxCrossEntropyOptions = LabelOptions;

export interface SoftmaxCrossEntropyCache {
  readonly logProbabilities: Tensor2D;
  /** t */
  readonly target: Tensor2D;
}

export class SoftmaxCrossEntropy extends Cost<
  Tensor2D,
  Tensor1D | Tensor2D,
  SoftmaxCrossEntropyCache
> {
  readonly reduction: Reduction;
  readonly weights: readonly number[] | undefined;
  readonly ignoreIndex: number | undefined;

  constructor(options: SoftmaxCrossEntropyOptions = {}) {
    super();
    checkLabelOptions(this, options);
    this.reduction = options.reduction ?? 'mean';
    this.weights = options.weights && [...options.weights];
    this.ignoreIndex = options.ignoreIndex;
  }

  forward(
    input: Tensor2D,
    target: Tensor1D | Tensor2D,
  ): { loss: Scalar; cache: SoftmaxCrossEntropyCache } {
    checkScores(this, input);
    return tidy(() => {
      const t = isLabels(target)
        ? labelTarget(this, this, target, input.shape)
        : this.#probabilities(target, input.shape);
      const logProbabilities = logSoftmax(input);
      const loss: Scalar = neg(sum(mulNoNan(t, logProbabilities)));
      return { loss, cache: { logProbabilities, target: t } };
    });
  }

  backpropToInput({ logProbabilities, target: t }: SoftmaxCrossEntropyCache): Tensor2D {
    return tidy(() => sub(mul(exp(logProbabilities), sum(t, 1, true)), t));
  }

  /** t, from checked probabilities. */
  #probabilities(target: Tensor2D, [batch, classes]: [number, number]): Tensor2D {
    checkTensor(this, 'forward', 'target', target, [batch, classes]);
    if (this.ignoreIndex !== undefined) {
      throw new BoxError(
        [`${nameOf(this)}.forward`],
        `expected labels, of which to ignore ${this.ignoreIndex}, got probabilities`,
      );
    }
    const checked = probabilityTarget(this, target);
    const weighted: Tensor2D = this.weights
      ? mul(checked, constant(this.weights, [classes]))
      : checked;
    return mul(weighted, scalar(exampleWeight(this.reduction, batch)));
  }
}

function isLabels(target: Tensor1D | Tensor2D): target is Tensor1D {
  // What is no tensor is refused with the probabilities.
  return target instanceof Tensor && target.rank === 1;
}
