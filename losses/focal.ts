import { add, mul, neg, sub, tidy, type Scalar, type Tensor } from '@tensorflow/tfjs-core';
import {
  checkChoice,
  checkInput,
  checkNumber,
  checkOptions,
  checkTensor,
  nameOf,
} from '../lib/check.ts';
import { Cost, exampleWeight, type Reduction } from '../lib/cost.ts';
import { BoxError, show } from '../lib/errors.ts';
import { scalar } from '../lib/constant.ts';
import { powOf, sigmoidOf, softplusOf } from '../lib/kernels/elementwise/keepNaN.ts';
import { sumAll } from '../lib/kernels/reduce/sumAll.ts';
import { probabilityTarget } from './labels.ts';

/** The options of `Focal`. */
export interface FocalOptions {
  /** γ, the exponent by which easy elements count less; 2 by default. */
  readonly gamma?: number;
  /** α, the weight of the positive class (y = 1), from 0 to 1; 0.25 by default. */
  readonly alpha?: number;
  /** Whether the loss is the mean over the examples or their sum; 'mean' by default. */
  readonly reduction?: Reduction;
}

/** The cache of `Focal`. */
export interface FocalCache {
  /** The scores x. */
  readonly scores: Tensor;
  /** The weights α y of the positive class. */
  readonly yes: Tensor;
  /** The weights (1 − α)(1 − y) of the negative class. */
  readonly no: Tensor;
}

/**
 * A cross-entropy of yes-or-no questions. The more clearly an element is right, the less it counts,
 * so many easy elements do not outweigh a few hard ones. With p = σ(x) and s(x) = log(1 + exp(x)),
 * so that −log p = s(−x) and −log(1 − p) = s(x):
 *
 *   forward          C = Σ α y (1 − p)^γ s(−x) + (1 − α)(1 − y) p^γ s(x), divided by N for 'mean'
 *   backpropToInput  ∂C/∂x = (1 − α)(1 − y) p^γ (γ (1 − p) s(x) + p)
 *                          − α y (1 − p)^γ (γ p s(−x) + 1 − p), divided by N for 'mean'
 *
 * The derivatives follow from ∂p/∂x = p (1 − p). 1 − p is computed as σ(−x), so the loss is precise
 * for scores of any size. With γ = 0 it is `BinaryCrossEntropy` with the weights α and 1 − α.
 * torchvision's `sigmoid_focal_loss` has the same 'sum' for targets of 0 and 1; its 'mean' is over
 * all elements.
 *
 * Shapes: input, target [N, ...], the same; loss a scalar.
 * Errors: a target whose shape differs from the input's; a tensor that is not float; a target
 *         outside 0 ... 1 (the message states its index); a γ below 0; an α outside 0 ... 1; an
 *         unknown option.
 * Source: Lin, Goyal, Girshick, He, Dollár 2017, arXiv:1708.02002, section 3.
 *
 *     const cost = new Focal({ gamma: 2, alpha: 0.25 });
 *     const { loss, cache } = cost.forward(scores, answers);
 */
export class Focal extends Cost<Tensor, Tensor, FocalCache> {
  /** γ, the exponent by which easy elements count less. */
  readonly gamma: number;
  /** α, the weight of the positive class. */
  readonly alpha: number;
  readonly reduction: Reduction;

  constructor(options: FocalOptions = {}) {
    super();
    checkOptions(this, options, ['gamma', 'alpha', 'reduction']);
    const { gamma = 2, alpha = 0.25, reduction = 'mean' } = options;
    checkNumber(this, 'gamma', gamma, 0);
    checkNumber(this, 'alpha', alpha, 0);
    if (alpha > 1) {
      throw new BoxError(
        [nameOf(this)],
        `expected alpha to be a number from 0 to 1, got ${show(alpha)}`,
      );
    }
    checkChoice(this, 'reduction', reduction, ['mean', 'sum']);
    this.gamma = gamma;
    this.alpha = alpha;
    this.reduction = reduction;
  }

  forward(input: Tensor, target: Tensor): { loss: Scalar; cache: FocalCache } {
    checkInput(this, input);
    checkTensor(this, 'forward', 'target', target, input.shape);
    return tidy(() => {
      const y = probabilityTarget(this, target, 1);
      const yes = mul(y, scalar(this.alpha));
      const no = mul(sub(scalar(1), y), scalar(1 - this.alpha));
      const side = (weight: Tensor, x: Tensor) =>
        mul(mul(weight, powOf(sigmoidOf(x), this.gamma)), softplusOf(x));
      const terms = add(side(yes, neg(input)), side(no, input));
      const loss: Scalar = mul(
        sumAll(terms),
        scalar(exampleWeight(this.reduction, input.shape[0])),
      );
      return { loss, cache: { scores: input.clone(), yes, no } };
    });
  }

  backpropToInput({ scores, yes, no }: FocalCache): Tensor {
    return tidy(() => {
      const gamma = scalar(this.gamma);
      /** The derivative of weight · σ(x)^γ s(x), which is weight · σ(x)^γ (γ σ(−x) s(x) + σ(x)). */
      const side = (weight: Tensor, x: Tensor) => {
        const p = sigmoidOf(x);
        const slope = add(mul(mul(gamma, sigmoidOf(neg(x))), softplusOf(x)), p);
        return mul(mul(weight, powOf(p, this.gamma)), slope);
      };
      const gradient = sub(side(no, scores), side(yes, neg(scores)));
      return mul(gradient, scalar(exampleWeight(this.reduction, scores.shape[0])));
    });
  }
}
