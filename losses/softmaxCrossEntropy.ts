import {
  mul,
  neg,
  reshape,
  sub,
  sum,
  tidy,
  type Rank,
  type Scalar,
  type Tensor,
  type Tensor2D,
} from '@tensorflow/tfjs-core';
import { checkNumber, checkTensor, isTensor, nameOf } from '../lib/check.ts';
import { Cost, exampleWeight, type Reduction } from '../lib/cost.ts';
import { BoxError, show } from '../lib/errors.ts';
import { constant, scalar } from '../lib/constant.ts';
import { expOf } from '../lib/kernels/elementwise/keepNaN.ts';
import { logSoftmax } from '../lib/kernels/elementwise/logSoftmax.ts';
import { mulNoNan } from '../lib/kernels/elementwise/arithmetic.ts';
import { sumAll } from '../lib/kernels/reduce/sumAll.ts';
import { numElements } from '../lib/shapes.ts';
import {
  checkLabelOptions,
  distributionTarget,
  labelDivisor,
  labelRows,
  labelTarget,
  scoreRows,
  smooth,
  type LabelOptions,
} from './labels.ts';

/** The options of `SoftmaxCrossEntropy`. */
export interface SoftmaxCrossEntropyOptions extends LabelOptions {
  /**
   * ε, the part of each target distribution that is divided equally among the classes, from 0 to 1;
   * 0 by default.
   */
  readonly labelSmoothing?: number;
}

/** The cache of `SoftmaxCrossEntropy`. */
export interface SoftmaxCrossEntropyCache {
  /** log p, one row per position. */
  readonly logProbabilities: Tensor2D;
  /** t, the weight of each score in the loss. */
  readonly target: Tensor2D;
  /** The shape of the scores. */
  readonly shape: readonly number[];
}

/**
 * The cross-entropy between a target distribution y and the softmax of scores x. w_k is the weight
 * of class k, by default 1. Each position n is one classification: an example, or a pixel of one.
 *
 *   forward          C = −Σ_n Σ_k t_nk log p_nk,   log p_nk = x_nk − log Σ_j exp(x_nj)
 *   backpropToInput  ∂C/∂x_nk = p_nk Σ_j t_nj − t_nk
 *   where            t_nk = w_k ((1 − ε) y_nk + ε/K) / S
 *
 * A label stands for the distribution that is 1 at its class; for an ignored label t is 0. ε is the
 * label smoothing, and K the number of classes. S = 1 for 'sum'. For 'mean', as in PyTorch,
 * S = Σ_n w_{y_n} over the labels that are not ignored (the number of positions without weights),
 * and S is the number of positions for probabilities. The largest score is subtracted first, so
 * log p is precise for scores of any size, whereas the logarithm of a computed softmax can be −∞. A
 * score of −∞ has p = 0, and does not contribute to the loss unless its target probability is above
 * 0, as it is for every class with label smoothing.
 *
 * Shapes: input [N, ..., classes]; target either labels [N, ...], int32, or probabilities of the
 *         input's shape, float32; loss a scalar. For labels per pixel, the input is
 *         [N, height, width, classes].
 * Errors: a wrong shape or dtype; a number of weights that is not the number of classes; a label
 *         outside 0 ... classes − 1 that is not ignored (the message states its index); a 'mean' if
 *         all labels are ignored; a negative or non-finite probability or weight; probabilities of
 *         a position that do not sum to 1; probabilities together with an `ignoreIndex`; a label
 *         smoothing outside 0 ... 1; an unknown option.
 * Source: Bridle 1990; the lecture's softmax classifier; label smoothing: Szegedy et al. 2015,
 *         arXiv:1512.00567, section 7. It is PyTorch's `CrossEntropyLoss` without the default
 *         ignore_index of −100.
 *
 *     const cost = new SoftmaxCrossEntropy({ labelSmoothing: 0.1 });
 *     const { loss, cache } = cost.forward(scores, labels);
 */
export class SoftmaxCrossEntropy extends Cost<Tensor, Tensor, SoftmaxCrossEntropyCache> {
  readonly reduction: Reduction;
  /** The weight of each class. */
  readonly weights: readonly number[] | undefined;
  /** The label of positions that are ignored. */
  readonly ignoreIndex: number | undefined;
  /** ε, the part of each target distribution that is divided equally among the classes. */
  readonly labelSmoothing: number;

  constructor(options: SoftmaxCrossEntropyOptions = {}) {
    super();
    checkLabelOptions(this, options, ['labelSmoothing']);
    const { labelSmoothing = 0 } = options;
    checkNumber(this, 'labelSmoothing', labelSmoothing, 0);
    if (labelSmoothing > 1) {
      throw new BoxError(
        [nameOf(this)],
        `expected labelSmoothing to be a number from 0 to 1, got ${show(labelSmoothing)}`,
      );
    }
    this.reduction = options.reduction ?? 'mean';
    this.weights = options.weights && [...options.weights];
    this.ignoreIndex = options.ignoreIndex;
    this.labelSmoothing = labelSmoothing;
  }

  forward(input: Tensor, target: Tensor): { loss: Scalar; cache: SoftmaxCrossEntropyCache } {
    return tidy(() => {
      const scores = scoreRows(this, input);
      // `#probabilities` throws if the target is not a tensor.
      const isLabels = isTensor(target) && target.rank === input.rank - 1;
      const t = isLabels
        ? labelTarget(this, this, labelRows(this, target, input), scores.shape)
        : this.#probabilities(target, input.shape);
      const logProbabilities = logSoftmax(scores);
      const loss: Scalar = neg(sumAll(mulNoNan(t, logProbabilities)));
      return { loss, cache: { logProbabilities, target: t, shape: input.shape } };
    });
  }

  backpropToInput({ logProbabilities, target: t, shape }: SoftmaxCrossEntropyCache): Tensor {
    return tidy(() => {
      const gradient = sub(mul(expOf(logProbabilities), sum(t, 1, true)), t);
      return reshape(gradient, [...shape]);
    });
  }

  /**
   * Σ_n w_{y_n} over the labels that are not ignored, or the number of positions for probabilities.
   */
  override divisorOf(target: Tensor): number {
    if (isTensor(target) && target.dtype === 'float32' && target.rank > 1)
      return numElements(target.shape.slice(0, -1));
    return isTensor(target) ? labelDivisor(this, this, target) : super.divisorOf(target);
  }

  /** Checks target probabilities, and computes t from them. */
  #probabilities(target: Tensor, shape: readonly number[]): Tensor2D {
    checkTensor(this, 'forward', 'target', target, shape);
    if (this.ignoreIndex !== undefined) {
      throw new BoxError(
        [`${nameOf(this)}.forward`],
        `expected labels, because ignoreIndex is ${this.ignoreIndex}, got probabilities`,
      );
    }
    const classes = shape[shape.length - 1];
    const checked = distributionTarget(this, reshape<Rank.R2>(target, [-1, classes]));
    const { labelSmoothing } = this;
    const smoothed = labelSmoothing === 0 ? checked : smooth(checked, labelSmoothing);
    const weighted: Tensor2D = this.weights
      ? mul(smoothed, constant(this.weights, [classes]))
      : smoothed;
    return mul(weighted, scalar(exampleWeight(this.reduction, checked.shape[0])));
  }
}
