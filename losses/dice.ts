import {
  add,
  mul,
  reshape,
  square,
  sub,
  sum,
  tidy,
  type Rank,
  type Scalar,
  type Tensor,
  type Tensor3D,
} from '@tensorflow/tfjs-core';
import {
  checkChoice,
  checkInput,
  checkOptions,
  checkPositiveFloat,
  checkTensor,
} from '../lib/check.ts';
import { Cost, exampleWeight, type Reduction } from '../lib/cost.ts';
import { scalar } from '../lib/constant.ts';
import { quotient } from '../lib/kernels/elementwise/keepNaN.ts';
import { sumAll } from '../lib/kernels/reduce/sumAll.ts';
import { probabilityTarget } from './labels.ts';

/** The options of `Dice`. */
export interface DiceOptions {
  /** s, which makes the quotient of two empty regions 1; 1e-5 by default. */
  readonly smooth?: number;
  /** Whether the sizes of the regions are sums of squares; false by default. */
  readonly squared?: boolean;
  /** Whether the loss is the mean over the examples or their sum; 'mean' by default. */
  readonly reduction?: Reduction;
}

/** The cache of `Dice`. Examples are [N, positions, channels]. */
export interface DiceCache {
  readonly input: Tensor3D;
  readonly target: Tensor3D;
  /** d, one coefficient per example and channel, [N, 1, channels]. */
  readonly coefficients: Tensor;
  /** U + s, [N, 1, channels]. */
  readonly sizes: Tensor;
  /** The shape of the input. */
  readonly shape: readonly number[];
}

/**
 * One minus the Dice coefficient, which measures how well two regions overlap, whatever their size.
 * p_i are the probabilities of the region of a channel at the positions i, as a `Sigmoid` or a
 * `Softmax` returns them, and y_i says where it is. With K channels, for each example:
 *
 *   forward          C = (1/K) Σ_k 1 − d_k,   d = (2 Σ_i p_i y_i + s) / (U + s)
 *                    U = Σ_i p_i + Σ_i y_i, or Σ_i p_i² + Σ_i y_i² if `squared`
 *   backpropToInput  ∂C/∂p_i = (d u_i − 2 y_i) / (U + s) / K,   u_i = 1, or 2 p_i if `squared`
 *
 * and then the sum over the examples, divided by N for 'mean'. The quotient rule gives ∂C/∂p_i:
 * ∂d/∂p_i = (2 y_i (U + s) − (2 Σ p y + s) u_i)/(U + s)² = (2 y_i − d u_i)/(U + s).
 *
 * Shapes: input, target [N, ..., channels], the same; loss a scalar.
 * Errors: an input of fewer than two axes; a target whose shape differs from the input's; a tensor
 *         that is not float; a target outside 0 ... 1 (the message states its index); a `smooth`
 *         that is not above 0; an unknown option.
 * Source: Milletari, Navab, Ahmadi 2016, arXiv:1606.04797, section 3, which has the squares.
 *
 *     const cost = new Dice();
 *     const { loss, cache } = cost.forward(probabilities, masks);   // [N, height, width, 1]
 */
export class Dice extends Cost<Tensor, Tensor, DiceCache> {
  /** s, which makes the quotient of two empty regions 1. */
  readonly smooth: number;
  /** Whether the sizes of the regions are sums of squares. */
  readonly squared: boolean;
  readonly reduction: Reduction;

  constructor(options: DiceOptions = {}) {
    super();
    checkOptions(this, options, ['smooth', 'squared', 'reduction']);
    const { smooth = 1e-5, squared = false, reduction = 'mean' } = options;
    checkPositiveFloat(this, 'smooth', smooth);
    checkChoice(this, 'squared', squared, [true, false]);
    checkChoice(this, 'reduction', reduction, ['mean', 'sum']);
    this.smooth = smooth;
    this.squared = squared;
    this.reduction = reduction;
  }

  forward(input: Tensor, target: Tensor): { loss: Scalar; cache: DiceCache } {
    checkInput(this, input, 2);
    checkTensor(this, 'forward', 'target', target, input.shape);
    return tidy(() => {
      const shape = [input.shape[0], -1, input.shape[input.rank - 1]] as [number, number, number];
      const p = reshape<Rank.R3>(input, shape);
      const y = reshape<Rank.R3>(probabilityTarget(this, target, 1), shape);
      const smooth = scalar(this.smooth);
      const size = (x: Tensor) => sum(this.squared ? square(x) : x, 1, true);
      const sizes = add(add(size(p), size(y)), smooth);
      const overlaps = add(mul(sum(mul(p, y), 1, true), scalar(2)), smooth);
      const coefficients = quotient(overlaps, sizes);
      const misses = sub(scalar(1), coefficients);
      const loss: Scalar = mul(sumAll(misses), scalar(this.#weight(p)));
      return { loss, cache: { input: p, target: y, coefficients, sizes, shape: input.shape } };
    });
  }

  backpropToInput({ input: p, target: y, coefficients, sizes, shape }: DiceCache): Tensor {
    return tidy(() => {
      const slopes = this.squared ? mul(mul(coefficients, scalar(2)), p) : coefficients;
      const gradient = quotient(sub(slopes, mul(y, scalar(2))), sizes);
      return reshape(mul(gradient, scalar(this.#weight(p))), [...shape]);
    });
  }

  /** The weight of one coefficient in the loss. */
  #weight({ shape: [batch, , channels] }: Tensor3D): number {
    return exampleWeight(this.reduction, batch) / channels;
  }
}
