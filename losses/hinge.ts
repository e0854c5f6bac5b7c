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
import { checkChoice, checkTensor } from '../lib/check.ts';
import { Cost, exampleWeight, type Reduction } from '../lib/cost.ts';
import { scalar } from '../lib/constant.ts';
import { atClass } from '../lib/kernels/elementwise/oneHot.ts';
import { mulNoNan } from '../lib/kernels/elementwise/arithmetic.ts';
import { labelTarget } from './labels.ts';

/**
 * The multi-class hinge: the score of the label y is to lead that of every other class by 1.
 *
 *   forward          C = Σ_n max(0, 1 + max_{j≠y} x_nj − x_ny), over N for the reduction 'mean'
 *   backpropToInput  ∂C/∂x_nj = 1[j = j*] − 1[j = y] where the n-th term is above 0, else 0; over N for 'mean'
 *
 * with j* the best other class, the first of equal ones. A lead of exactly 1 costs nothing and has gradient 0.
 * With z_nj = x_nj − x_ny + 1[j ≠ y] a term is max_j z_nj: z_ny = 0 is the 0 of the hinge.
 *
 * This is Crammer and Singer's: the worst rival alone counts. PyTorch has no counterpart; its `MultiMarginLoss` is
 * Weston and Watkins', which sums over all rivals and divides by the classes.
 *
 * Shapes: input [N, classes]; target labels [N], int32; loss a scalar.
 * Errors: another shape or dtype; a label outside 0 ... classes − 1, named with its index.
 * Source: Crammer & Singer 2001, "On the Algorithmic Implementation of Multiclass Kernel-based Vector Machines".
 */
export interface HingeOptions {
  readonly reduction?: Reduction;
}

export interface HingeCache {
  /** ∂C/∂x of the sum. */
  readonly gradient: Tensor2D;
}

export class Hinge extends Cost<Tensor2D, Tensor1D, HingeCache> {
  readonly reduction: Reduction;

  constructor({ reduction = 'mean' }: HingeOptions = {}) {
    super();
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
      const loss: Scalar = mul(sum(terms), scalar(exampleWeight(this.reduction, batch)));
      // The first of equal ones. Where that is a lead of exactly 1, the term is 0 and so is the step.
      const best = atClass(argMax(z, 1), classes);
      const gradient: Tensor2D = mul(sub(best, y), step(terms));
      return { loss, cache: { gradient } };
    });
  }

  backpropToInput({ gradient }: HingeCache): Tensor2D {
    return tidy(() => mul(gradient, scalar(exampleWeight(this.reduction, gradient.shape[0]))));
  }
}
