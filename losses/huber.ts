import { mul, sub, tidy, type Scalar, type Tensor } from '@tensorflow/tfjs-core';
import {
  checkChoice,
  checkInput,
  checkOptions,
  checkPositiveFloat,
  checkTensor,
} from '../lib/check.ts';
import { Cost, exampleWeight, type Reduction } from '../lib/cost.ts';
import { scalar } from '../lib/constant.ts';
import { clip } from '../lib/kernels/elementwise/clip.ts';
import { sumAll } from '../lib/kernels/reduce/sumAll.ts';

/** The options of `Huber`. */
export interface HuberOptions {
  /** δ, the absolute difference above which the loss is linear; 1 by default. */
  readonly delta?: number;
  /** Whether the loss is the mean over the examples or their sum; 'mean' by default. */
  readonly reduction?: Reduction;
}

/** The cache of `Huber`. */
export interface HuberCache {
  /** c, the difference clipped to ±δ. */
  readonly clipped: Tensor;
}

/**
 * Half the squared difference up to δ, and its tangent beyond δ. So the gradient of an outlier is
 * at most δ.
 *
 *   forward          C = Σ h(x − y), divided by N for the reduction 'mean'
 *                    h(d) = ½ d² if |d| ≤ δ, else δ (|d| − ½ δ)
 *   backpropToInput  ∂C/∂x = c, divided by N for 'mean';  c = d clipped to ±δ, with d = x − y
 *
 * In both branches h(d) = c (d − ½ c), and h' is continuous: there is no kink. If δ is larger than
 * all differences, this is `Euclidean`. For δ → 0, C/δ becomes `L1`.
 *
 * PyTorch's `HuberLoss` has the same 'sum'; its 'mean' is over all elements.
 *
 * Shapes: input, target [N, ...], the same; loss a scalar.
 * Errors: a target whose shape differs from the input's (tfjs would broadcast it); a tensor that is
 *         not float; a δ that is not above 0; an unknown option.
 * Source: Huber 1964, "Robust Estimation of a Location Parameter".
 *
 *     const cost = new Huber({ delta: 0.5 });
 *     const { loss, cache } = cost.forward(output, target);
 */
export class Huber extends Cost<Tensor, Tensor, HuberCache> {
  /** δ, the absolute difference above which the loss is linear. */
  readonly delta: number;
  readonly reduction: Reduction;

  constructor(options: HuberOptions = {}) {
    super();
    checkOptions(this, options, ['delta', 'reduction']);
    const { delta = 1, reduction = 'mean' } = options;
    checkPositiveFloat(this, 'delta', delta);
    checkChoice(this, 'reduction', reduction, ['mean', 'sum']);
    this.delta = delta;
    this.reduction = reduction;
  }

  forward(input: Tensor, target: Tensor): { loss: Scalar; cache: HuberCache } {
    checkInput(this, input);
    checkTensor(this, 'forward', 'target', target, input.shape);
    return tidy(() => {
      const difference = sub(input, target);
      const clipped = clip(difference, -this.delta, this.delta);
      const h = mul(clipped, sub(difference, mul(clipped, scalar(0.5))));
      const loss: Scalar = mul(sumAll(h), scalar(exampleWeight(this.reduction, input.shape[0])));
      return { loss, cache: { clipped } };
    });
  }

  backpropToInput({ clipped }: HuberCache): Tensor {
    return tidy(() => mul(clipped, scalar(exampleWeight(this.reduction, clipped.shape[0]))));
  }
}
