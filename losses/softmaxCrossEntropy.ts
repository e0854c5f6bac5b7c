import {
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
import { expOf } from '../lib/kernels/elementwise/keepNaN.ts';
import { logSoftmax } from '../lib/kernels/elementwise/logSoftmax.ts';
import { mulNoNan } from '../lib/kernels/elementwise/arithmetic.ts';
import { sumAll } from '../lib/kernels/reduce/sumAll.ts';
import {
  checkLabelOptions,
  checkScores,
  distributionTarget,
  labelDivisor,
  labelTarget,
  type LabelOptions,
} from './labels.ts';

/** The options of `SoftmaxCrossEntropy`. */
export type SoftmaxCrossEntropyOptions = LabelOptions;

/** The cache of `SoftmaxCrossEntropy`. */
export interface SoftmaxCrossEntropyCache {
  readonly logProbabilities: Tensor2D;
  /** t, the weight of each score in the loss. */
  readonly target: Tensor2D;
}

/**
 * The cross-entropy between a target distribution y and the softmax of scores x. w_k is the weight
 * of class k, by default 1.
 *
 *   forward          C = −Σ_n Σ_k t_nk log p_nk,   log p_nk = x_nk − log Σ_j exp(x_nj)
 *   backpropToInput  ∂C/∂x_nk = p_nk Σ_j t_nj − t_nk
 *   where            t_nk = w_k y_nk / S
 *
 * A label stands for the distribution that is 1 at its class; for an ignored label y is 0. S = 1
 * for 'sum'. For 'mean', as in PyTorch, S = Σ_n w_{y_n} over the labels that are not ignored (N
 * without weights), and S = N for probabilities. The largest score is subtracted first, so log p is
 * precise for scores of any size, whereas the logarithm of a computed softmax can be −∞. A score of
 * −∞ has p = 0, and does not contribute to the loss unless its target probability is above 0.
 *
 * Shapes: input [N, classes]; target either labels [N], int32, or probabilities [N, classes],
 *         float32; loss a scalar.
 * Errors: a wrong shape or dtype; a number of weights that is not the number of classes; a label
 *         outside 0 ... classes − 1 that is not ignored (the message states its index); a 'mean' if
 *         all labels are ignored; a negative or non-finite probability or weight; probabilities of
 *         an example that do not sum to 1; probabilities together with an `ignoreIndex`; an unknown
 *         option.
 * Source: Bridle 1990; the lecture's softmax classifier. It is PyTorch's `CrossEntropyLoss` without
 *         the default ignore_index of −100.
 *
 *     const cost = new SoftmaxCrossEntropy();
 *     const { loss, cache } = cost.forward(scores, labels);
 */
export class SoftmaxCrossEntropy extends Cost<
  Tensor2D,
  Tensor1D | Tensor2D,
  SoftmaxCrossEntropyCache
> {
  readonly reduction: Reduction;
  /** The weight of each class. */
  readonly weights: readonly number[] | undefined;
  /** The label of examples that are ignored. */
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
      const loss: Scalar = neg(sumAll(mulNoNan(t, logProbabilities)));
      return { loss, cache: { logProbabilities, target: t } };
    });
  }

  backpropToInput({ logProbabilities, target: t }: SoftmaxCrossEntropyCache): Tensor2D {
    return tidy(() => sub(mul(expOf(logProbabilities), sum(t, 1, true)), t));
  }

  /** Σ_n w_{y_n} over the labels that are not ignored, or N for probabilities. */
  override divisorOf(target: Tensor1D | Tensor2D): number {
    return isLabels(target) ? labelDivisor(this, this, target) : super.divisorOf(target);
  }

  /** Checks target probabilities, and computes t from them. */
  #probabilities(target: Tensor2D, [batch, classes]: [number, number]): Tensor2D {
    checkTensor(this, 'forward', 'target', target, [batch, classes]);
    if (this.ignoreIndex !== undefined) {
      throw new BoxError(
        [`${nameOf(this)}.forward`],
        `expected labels, because ignoreIndex is ${this.ignoreIndex}, got probabilities`,
      );
    }
    const checked = distributionTarget(this, target);
    const weighted: Tensor2D = this.weights
      ? mul(checked, constant(this.weights, [classes]))
      : checked;
    return mul(weighted, scalar(exampleWeight(this.reduction, batch)));
  }
}

function isLabels(target: Tensor1D | Tensor2D): target is Tensor1D {
  // `#probabilities` throws if the target is not a tensor.
  return target instanceof Tensor && target.rank === 1;
}
