import {
  mul,
  neg,
  reshape,
  sub,
  tidy,
  type Rank,
  type Scalar,
  type Tensor,
} from '@tensorflow/tfjs-core';
import { checkChoice, checkInput, checkOptions, checkTensor } from '../lib/check.ts';
import { Cost, exampleWeight, type Reduction } from '../lib/cost.ts';
import { scalar } from '../lib/constant.ts';
import { mulNoNan } from '../lib/kernels/elementwise/arithmetic.ts';
import { logOf } from '../lib/kernels/elementwise/keepNaN.ts';
import { sumAll } from '../lib/kernels/reduce/sumAll.ts';
import { probabilityTarget } from './labels.ts';

/** The options of `KLDivergence`. */
export interface KLDivergenceOptions {
  /** Whether the loss is the mean over the examples or their sum; 'mean' by default. */
  readonly reduction?: Reduction;
}

/** The cache of `KLDivergence`. */
export interface KLDivergenceCache {
  /** The target probabilities y. */
  readonly target: Tensor;
}

/**
 * The Kullback-Leibler divergence of target probabilities y from the probabilities whose logarithms
 * x a `LogSoftmax` returns, as in the distillation of one network into another:
 *
 *   forward          C = Σ y (log y − x), divided by N for the reduction 'mean'
 *   backpropToInput  ∂C/∂x = −y, divided by N for 'mean'
 *
 * 0 log 0 is 0. The divergence is the cross-entropy minus the entropy of the targets, which does
 * not depend on x. It is 0 if both distributions are equal, and otherwise larger. 'mean' is
 * PyTorch's 'batchmean'.
 *
 * Shapes: input, target [N, ...], the same; loss a scalar.
 * Errors: a target whose shape differs from the input's; a tensor that is not float; a target
 *         outside 0 ... 1 (the message states its index); an unknown option.
 * Source: Kullback & Leibler 1951; Hinton, Vinyals, Dean 2015, arXiv:1503.02531 (distillation).
 *
 *     const cost = new KLDivergence();
 *     const { loss, cache } = cost.forward(logProbabilities, probabilities);
 */
export class KLDivergence extends Cost<Tensor, Tensor, KLDivergenceCache> {
  readonly reduction: Reduction;

  constructor(options: KLDivergenceOptions = {}) {
    super();
    checkOptions(this, options, ['reduction']);
    const { reduction = 'mean' } = options;
    checkChoice(this, 'reduction', reduction, ['mean', 'sum']);
    this.reduction = reduction;
  }

  forward(input: Tensor, target: Tensor): { loss: Scalar; cache: KLDivergenceCache } {
    checkInput(this, input);
    checkTensor(this, 'forward', 'target', target, input.shape);
    return tidy(() => {
      const y = probabilityTarget(this, target, 1);
      const [x, rows] = [input, y].map((all) => reshape<Rank.R2>(all, [input.shape[0], -1]));
      const terms = mulNoNan(rows, sub(logOf(rows), x));
      const loss: Scalar = mul(sumAll(terms), scalar(exampleWeight(this.reduction, x.shape[0])));
      return { loss, cache: { target: y } };
    });
  }

  backpropToInput({ target: y }: KLDivergenceCache): Tensor {
    return tidy(() => neg(mul(y, scalar(exampleWeight(this.reduction, y.shape[0])))));
  }
}
