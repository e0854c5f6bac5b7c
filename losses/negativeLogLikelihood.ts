import { neg, reshape, tidy, type Scalar, type Tensor } from '@tensorflow/tfjs-core';
import { Cost, type Reduction } from '../lib/cost.ts';
import { mulNoNan } from '../lib/kernels/elementwise/arithmetic.ts';
import { sumAll } from '../lib/kernels/reduce/sumAll.ts';
import {
  checkLabelOptions,
  labelDivisor,
  labelRows,
  labelTarget,
  scoreRows,
  type LabelOptions,
} from './labels.ts';

/** The options of `NegativeLogLikelihood`. */
export type NegativeLogLikelihoodOptions = LabelOptions;

/** The cache of `NegativeLogLikelihood`. */
export interface NegativeLogLikelihoodCache {
  /** t, the weight of each score in the loss. */
  readonly target: Tensor;
}

/**
 * The negative of the log-probability x of the label y. w_k is the weight of class k, by default 1.
 * After `LogSoftmax`, this cost equals `SoftmaxCrossEntropy`.
 *
 *   forward          C = −Σ_n Σ_k t_nk x_nk
 *   backpropToInput  ∂C/∂x_nk = −t_nk
 *   where            t_nk = w_k 1[k = y_n] / S, and 0 where y_n is ignored
 *
 * S = 1 for 'sum'. For 'mean', as in PyTorch, S = Σ_n w_{y_n} over the labels that are not ignored,
 * which is their number without weights. A log-probability of −∞ does not contribute to the loss
 * unless it is the label's.
 *
 * Shapes: input [N, ..., classes]; target labels [N, ...], int32; loss a scalar.
 * Errors: a wrong shape or dtype; a number of weights that is not the number of classes; a label
 *         outside 0 ... classes − 1 that is not ignored (the message states its index); a 'mean' if
 *         all labels are ignored; a negative or non-finite weight; an unknown option.
 * Source: the likelihood of independent examples. It is PyTorch's `NLLLoss` without the default
 *         ignore_index of −100.
 *
 *     const cost = new NegativeLogLikelihood({ weights: [1, 2, 1] });
 *     const { loss, cache } = cost.forward(logProbabilities, labels);
 */
export class NegativeLogLikelihood extends Cost<Tensor, Tensor, NegativeLogLikelihoodCache> {
  readonly reduction: Reduction;
  /** The weight of each class. */
  readonly weights: readonly number[] | undefined;
  /** The label of examples that are ignored. */
  readonly ignoreIndex: number | undefined;

  constructor(options: NegativeLogLikelihoodOptions = {}) {
    super();
    checkLabelOptions(this, options);
    this.reduction = options.reduction ?? 'mean';
    this.weights = options.weights && [...options.weights];
    this.ignoreIndex = options.ignoreIndex;
  }

  forward(input: Tensor, target: Tensor): { loss: Scalar; cache: NegativeLogLikelihoodCache } {
    return tidy(() => {
      const rows = scoreRows(this, input);
      const t = labelTarget(this, this, labelRows(this, target, input), rows.shape);
      const loss: Scalar = neg(sumAll(mulNoNan(t, rows)));
      return { loss, cache: { target: reshape(t, input.shape) } };
    });
  }

  backpropToInput({ target: t }: NegativeLogLikelihoodCache): Tensor {
    return neg(t);
  }

  /** Σ_n w_{y_n} over the labels that are not ignored. */
  override divisorOf(target: Tensor): number {
    return labelDivisor(this, this, target);
  }
}
