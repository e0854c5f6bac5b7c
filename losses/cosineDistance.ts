import {
  add,
  mul,
  rsqrt,
  square,
  sub,
  sum,
  tidy,
  type Scalar,
  type Tensor,
} from '@tensorflow/tfjs-core';
import { checkChoice, checkInput, checkOptions, checkTensor } from '../lib/check.ts';
import { Cost, exampleWeight, type Reduction } from '../lib/cost.ts';
import { scalar } from '../lib/constant.ts';
import { quotient } from '../lib/kernels/elementwise/keepNaN.ts';
import { sumAll } from '../lib/kernels/reduce/sumAll.ts';

/** The options of `CosineDistance`. */
export interface CosineDistanceOptions {
  /** Whether the loss is the mean over the examples or their sum; 'mean' by default. */
  readonly reduction?: Reduction;
}

/** The cache of `CosineDistance`. */
export interface CosineDistanceCache {
  /** The vectors x. */
  readonly input: Tensor;
  /** y / √(‖x‖² + ε)√(‖y‖² + ε). */
  readonly scaled: Tensor;
  /** c, the cosines, whose last axis has the size 1. */
  readonly cosines: Tensor;
  /** ‖x‖² + ε, whose last axis has the size 1. */
  readonly squares: Tensor;
}

/** ε of PyTorch's `CosineEmbeddingLoss`, which keeps the quotient of zero vectors finite. */
const EPS = 1e-12;

/**
 * One minus the cosine of the angle between the vectors x and y along the last axis, as for
 * embeddings, whose length has no meaning. For each vector:
 *
 *   forward          C = 1 − c,   c = x·y / √((‖x‖² + ε)(‖y‖² + ε)),   ε = 1e-12
 *   backpropToInput  ∂C/∂x = c x/(‖x‖² + ε) − y / √((‖x‖² + ε)(‖y‖² + ε))
 *
 * and then the sum over all vectors, divided by the number N of examples for 'mean'. The gradient
 * is perpendicular to x, because the length of x does not matter. On [N, features] it is PyTorch's
 * `CosineEmbeddingLoss` for pairs that belong together.
 *
 * Shapes: input, target [N, ..., features], the same; loss a scalar.
 * Errors: an input of fewer than two axes; a target whose shape differs from the input's; a tensor
 *         that is not float; an unknown option.
 * Source: the law of cosines; PyTorch's `CosineEmbeddingLoss`.
 *
 *     const cost = new CosineDistance();
 *     const { loss, cache } = cost.forward(embeddings, targets);
 */
export class CosineDistance extends Cost<Tensor, Tensor, CosineDistanceCache> {
  readonly reduction: Reduction;

  constructor(options: CosineDistanceOptions = {}) {
    super();
    checkOptions(this, options, ['reduction']);
    const { reduction = 'mean' } = options;
    checkChoice(this, 'reduction', reduction, ['mean', 'sum']);
    this.reduction = reduction;
  }

  forward(input: Tensor, target: Tensor): { loss: Scalar; cache: CosineDistanceCache } {
    checkInput(this, input, 2);
    checkTensor(this, 'forward', 'target', target, input.shape);
    return tidy(() => {
      const along = (x: Tensor) => sum(x, -1, true);
      const eps = scalar(EPS);
      const [squares, others] = [input, target].map((x) => add(along(square(x)), eps));
      // The root of each factor is taken before the product, which could overflow.
      const scaled = mul(mul(target, rsqrt(others)), rsqrt(squares));
      const cosines = along(mul(input, scaled));
      const weight = scalar(exampleWeight(this.reduction, input.shape[0]));
      const loss: Scalar = mul(sumAll(sub(scalar(1), cosines)), weight);
      return { loss, cache: { input: input.clone(), scaled, cosines, squares } };
    });
  }

  backpropToInput({ input, scaled, cosines, squares }: CosineDistanceCache): Tensor {
    return tidy(() => {
      const gradient = sub(mul(input, quotient(cosines, squares)), scaled);
      return mul(gradient, scalar(exampleWeight(this.reduction, input.shape[0])));
    });
  }
}
