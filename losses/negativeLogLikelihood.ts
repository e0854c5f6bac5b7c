import { neg, tidy, type Scalar, type Tensor1D, type Tensor2D } from '@tensorflow/tfjs-core';
import { Cost, type Reduction } from '../lib/cost.ts';
import { mulNoNan } from '../lib/kernels/elementwise/arithmetic.ts';
import { sumAll } from '../lib/kernels/reduce/sumAll.ts';
import {
  checkLabelOptions,
  checkScores,
  labelDivisor,
  labelTarget,
  type LabelOptions,
} from './labels.ts';

/** The options of `NegativeLogLikelihood`. */
export type NegativeLogLikelihoodOptions = LabelOptions;

/** The cache of `NegativeLogLikelihood`. */
export interface NegativeLogLikelihoodCache {
  /** t, the weight of each score in the loss. */
  readonly target: Tensor2D;
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
 * which is N without weights. A log-probability of −∞ does not contribute to the loss unless it is
 * the label's.
 *
 * Shapes: input [N, classes]; target labels [N], int32; loss a scalar.
 * Errors: a wrong shape or dtype; a number of weights that is not the number of classes; a label
 *         outside 0 ... classes − 1 that is not ignored (the message states its index); a 'mean' if
 *         all labels are ignored; a negative or non-finite weight; an unknown option.
 * Source: the likelihood of independent examples. It is PyTorch's `NLLLoss` without the default
 *         ignore_index of −100.
 *
 *     const cost = new NegativeLogLikelihood({ weights: [1, 2, 1] });
 *     const { loss, cache } = cost.forward(logProbabilities, labels);
 */
export class NegativeLogLikelihood extends Cost<Tensor2D, Tensor1D, NegativeLogLikelihoodCache> {
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

  forward(input: Tensor2D, target: Tensor1D): { loss: Scalar; cache: NegativeLogLikelihoodCache } {
    checkScores(this, input);
    return tidy(() => {
      const t = labelTarget(this, this, target, input.shape);
      const loss: Scalar = neg(sumAll(mulNoNan(t, input)));
      return { loss, cache: { target: t } };
    });
  }

  backpropToInput({ target: t }: NegativeLogLikelihoodCache): Tensor2D {
    return neg(t);
  }

  /** Σ_n w_{y_n} over the labels that are not ignored. */
  override divisorOf(target: Tensor1D): number {
    return labelDivisor(this, this, target);
  }
}
