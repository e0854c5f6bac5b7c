import type { Scalar, Tensor } from '@tensorflow/tfjs-core';

/** `'sum'` is the lecture's E; `'mean'` divides it by the number of examples. */
export type Reduction = 'mean' | 'sum';

/**
 * A cost: a box with a target and one number as its output, C(x, y). It ends the chain, so its backward needs no
 * gradient from above.
 *
 *   forward          C = Σ_n C(x_n, y_n), or the mean over the N examples
 *   backpropToInput  ∂C/∂x
 */
export abstract class Cost<In = Tensor, Target = Tensor, Cache = unknown> {
  abstract readonly reduction: Reduction;

  abstract forward(input: In, target: Target): { loss: Scalar; cache: Cache };

  abstract backpropToInput(cache: Cache): In;
}

/** What one of a number of examples counts. */
export function exampleWeight(reduction: Reduction, examples: number): number {
  return reduction === 'mean' ? 1 / examples : 1;
}
