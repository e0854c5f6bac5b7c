import type { Scalar, Tensor } from '@tensorflow/tfjs-core';
import { isTensor, nameOf } from './check.ts';
import { BoxError, show } from './errors.ts';

/**
 * How a cost combines the examples of a batch: `'sum'` adds their losses (the lecture's E),
 * `'mean'` divides this sum by the number of examples.
 */
export type Reduction = 'mean' | 'sum';

/**
 * The last box of the chain, C(x, y), which compares the network's output x with a target y. A
 * `Cost` is the lecture's function C, and the number that `forward` returns is the *loss*. No box
 * follows a cost, so `backpropToInput` needs no gradOutput.
 *
 *   forward          C = Σ_n C(x_n, y_n), or the mean over the N examples
 *   backpropToInput  ∂C/∂x
 *
 *     const { loss, cache } = cost.forward(output, target);
 *     const gradOutput = cost.backpropToInput(cache);   // ∂C/∂x_out, for network.backprop
 */
export abstract class Cost<In = Tensor, Target = Tensor, Cache = unknown> {
  /** Whether the loss is a sum over the examples or their mean. */
  abstract readonly reduction: Reduction;

  /** Computes the loss, and the cache for `backpropToInput`. The caller owns both. */
  abstract forward(input: In, target: Target): { loss: Scalar; cache: Cache };

  /** Computes ∂C/∂x. The caller owns it. */
  abstract backpropToInput(cache: Cache): In;

  /**
   * Returns the number by which 'mean' divides the sum over a batch: N, unless examples count with
   * different weights. The means of parts of a batch, which processes may compute separately, are
   * combined with these numbers.
   *
   * Errors: a target that is not a tensor. A cost with such targets must override this method.
   */
  divisorOf(target: Target): number {
    if (isTensor(target)) return target.shape[0];
    throw new BoxError(
      [`${nameOf(this)}.divisorOf`],
      `expected a target that is a tensor, got ${show(target)}: override divisorOf`,
    );
  }
}

/**
 * Returns the weight of one example in the loss: 1 for the sum, or 1/N for the mean over N
 * examples.
 */
export function exampleWeight(reduction: Reduction, examples: number): number {
  return reduction === 'mean' ? 1 / examples : 1;
}
