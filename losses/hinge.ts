import {
  add,
  argMax,
  max,
  mul,
  step,
  sub,
  sum,
  tidy,
  type Scalar,
  type Tensor1D,
  type Tensor2D,
} from '@tensorflow/tfjs-core';
import { checkChoice, checkOptions, checkTensor } from '../lib/check.ts';
import { Cost, exampleWeight, type Reduction } from '../lib/cost.ts';
import { scalar } from '../lib/constant.ts';
import { atClass } from '../lib/kernels/elementwise/oneHot.ts';
import { mulNoNan } from '../lib/kernels/elementwise/arithmetic.ts';
import { sumAll } from '../lib/kernels/reduce/sumAll.ts';
import { labelTarget } from './labels.ts';

/** The options of `Hinge`. */
export interface HingeOptions {
  /** Whether the loss is the mean over the examples or their sum; 'mean' by default. */
  readonly reduction?: Reduction;
}

/** The cache of `Hinge`. */
export interface HingeCache {
  /** The gradient ∂C/∂x for the reduction 'sum'. */
  readonly gradient: Tensor2D;
}

/**
 * The multi-class hinge loss: the score of the label y should exceed the score of every other class
 * by at least 1.
 *
 *   forward          C = Σ_n max(0, 1 + max_{j≠y} x_nj − x_ny), divided by N for 'mean'
 *   backpropToInput  ∂C/∂x_nj = 1[j = j*] − 1[j = y] where the n-th term is above 0, else 0;
 *                    divided by N for 'mean'
 *
 * where j* is the other class with the largest score, or the first of them. If the difference is
 * exactly 1, loss and gradient are 0. The code computes a term as max_j z_nj with
 * z_nj = x_nj − x_ny + 1[j ≠ y]. Since z_ny = 0, this maximum is never below 0.
 *
 * This is Crammer and Singer's hinge: only the best other class counts. PyTorch has no counterpart;
 * its `MultiMarginLoss` is Weston and Watkins', which sums over all other classes and divides by
 * the number of classes.
 *
 * Shapes: input [N, classes]; target labels [N], int32; loss a scalar.
 * Errors: a wrong shape or dtype; a label outside 0 ... classes − 1 (the message states its index);
 *          an unknown option.
 * Source: Crammer & Singer 2001, "On the Algorithmic Implementation of Multiclass Kernel-based
 *         Vector Machines".
 *
 *     const cost = new Hinge();
 *     const { loss, cache } = cost.forward(scores, labels);
 */
export class Hinge extends Cost<Tensor2D, Tensor1D, HingeCache> {
  readonly reduction: Reduction;

  constructor(options: HingeOptions = {}) {
    super();
    checkOptions(this, options, ['reduction']);
    const { reduction = 'mean' } = options;
    checkChoice(this, 'reduction', reduction, ['mean', 'sum']);
    this.reduction = reduction;
  }

  forward(input: Tensor2D, target: Tensor1D): { loss: Scalar; cache: HingeCache } {
    checkTensor(this, 'forward', 'input', input, ['N', 'classes']);
    const [batch, classes] = input.shape;
    return tidy(() => {
      const y = labelTarget(this, { reduction: 'sum' }, target, [batch, classes]);
      const own = sum(mulNoNan(y, input), 1, true);
      const z = add(sub(input, own), sub(scalar(1), y));
      const terms = max(z, 1, true);
      const loss: Scalar = mul(sumAll(terms), scalar(exampleWeight(this.reduction, batch)));
      // argMax returns the first of equal scores. If the difference of the scores is exactly 1, the
      // term is 0, and so is its step.
      const best = atClass(argMax(z, 1), classes);
      const gradient: Tensor2D = mul(sub(best, y), step(terms));
      return { loss, cache: { gradient } };
    });
  }

  backpropToInput({ gradient }: HingeCache): Tensor2D {
    return tidy(() => mul(gradient, scalar(exampleWeight(this.reduction, gradient.shape[0]))));
  }
}
