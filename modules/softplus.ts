import { div, greater, mul, onesLike, tidy, where, type Tensor } from '@tensorflow/tfjs-core';
import {
  checkGradOutput,
  checkInput,
  checkNumber,
  checkOptions,
  checkPositiveFloat,
  checkRank,
} from '../lib/check.ts';
import { scalar } from '../lib/constant.ts';
import { sigmoidOf, softplusOf } from '../lib/kernels/elementwise/keepNaN.ts';
import { sameShape } from '../lib/window.ts';
import type { Facts, Shape } from '../lib/facts.ts';
import { Module, type ForwardResult } from '../lib/module.ts';

/** The options of `Softplus`. */
export interface SoftplusOptions {
  /** The sharpness β of the bend, 1 by default. */
  readonly beta?: number;
  /** Where β x_in is above this threshold, the box is the identity; 20 by default. */
  readonly threshold?: number;
}

/** The values that `Softplus` keeps for its backward method. */
export interface SoftplusCache {
  /** The scaled input β x_in. */
  readonly scaled: Tensor;
}

/**
 * A smooth rectifier. Above the threshold it is the identity, as in PyTorch.
 *
 *   forward          x_out = log(1 + exp(β x_in)) / β,  or x_in where β x_in > threshold
 *   backpropToInput  ∂C/∂x_in = ∂C/∂x_out · σ(β x_in),  or ∂C/∂x_out where β x_in > threshold
 *
 * At the default threshold, 20, the two formulas are equal in single precision. With a low
 * threshold, the output has a jump at the threshold.
 *
 * Shapes: input, output, gradOutput: any, all the same.
 * Errors: an input or gradOutput that is not a float tensor; a gradOutput whose shape differs from
 *         the output's; a β that is not positive; a threshold that is not finite.
 * Source: Dugas et al., "Incorporating second-order functional knowledge", NIPS 2000; PyTorch's
 *         nn.Softplus.
 *
 *     const box = new Softplus();
 *     box.infer(tensor1d([-1, 0, 30]));   // [0.3133, 0.6931, 30]
 */
export class Softplus extends Module<Tensor, Tensor, SoftplusCache> {
  override readonly hidesInfinity = true;
  readonly beta: number;
  readonly threshold: number;

  constructor(options: SoftplusOptions = {}) {
    super();
    checkOptions(this, options, ['beta', 'threshold']);
    const { beta = 1, threshold = 20 } = options;
    checkPositiveFloat(this, 'beta', beta);
    checkNumber(this, 'threshold', threshold);
    this.beta = beta;
    this.threshold = threshold;
  }

  forward(input: Tensor): ForwardResult<Tensor, SoftplusCache> {
    checkInput(this, input);
    return tidy(() => {
      const beta = scalar(this.beta);
      const scaled = mul(beta, input);
      // tfjs's softplus returns x itself for large x, so nothing overflows.
      const curve = div(softplusOf(scaled), beta);
      const output = where(greater(scaled, scalar(this.threshold)), input, curve);
      return { output, cache: { scaled } };
    });
  }

  backpropToInput(gradOutput: Tensor, { scaled }: SoftplusCache): Tensor {
    checkGradOutput(this, 'backpropToInput', gradOutput, scaled.shape);
    return tidy(() => {
      const linear = greater(scaled, scalar(this.threshold));
      return mul(gradOutput, where(linear, onesLike(scaled), sigmoidOf(scaled)));
    });
  }

  override facts([input]: readonly Shape[]): Facts {
    checkRank(this, input);
    return sameShape(input, 'elementwise', [Math.min(0, this.threshold / this.beta), Infinity]);
  }
}
