import {
  div,
  greater,
  mul,
  onesLike,
  sigmoid,
  softplus,
  tidy,
  where,
  type Tensor,
} from '@tensorflow/tfjs-core';
import { checkGradOutput, checkInput, checkNumber, checkPositive } from '../lib/check.ts';
import { scalar } from '../lib/constant.ts';
import { Module, type ForwardResult } from '../lib/module.ts';

/**
 * A smooth rectifier. Past the threshold it is the identity, as in PyTorch.
 *
 *   forward          x_out = log(1 + exp(β x_in)) / β,  or x_in where β x_in > threshold
 *   backpropToInput  ∂C/∂x_in = ∂C/∂x_out · σ(β x_in),  or ∂C/∂x_out where β x_in > threshold
 *
 * At the default threshold, 20, the two differ by less than single precision can show; a low one makes a jump.
 *
 * Shapes: input, output, gradOutput: any, all the same.
 * Errors: an input or gradOutput that is no float tensor; a gradOutput of another shape than the output; a β that is
 *         not positive; a threshold that is not finite.
 * Source: Dugas et al., "Incorporating second-order functional knowledge", NIPS 2000; PyTorch's nn.Softplus.
 */
export interface SoftplusOptions {
  /** 1 by default. */
  readonly beta?: number;
  /** 20 by default. */
  readonly threshold?: number;
}

export interface SoftplusCache {
  /** β x_in */
  readonly scaled: Tensor;
}

export class Softplus extends Module<Tensor, Tensor, SoftplusCache> {
  readonly beta: number;
  readonly threshold: number;

  constructor({ beta = 1, threshold = 20 }: SoftplusOptions = {}) {
    super();
    checkPositive(this, 'beta', beta);
    checkNumber(this, 'threshold', threshold);
    this.beta = beta;
    this.threshold = threshold;
  }

  forward(input: Tensor): ForwardResult<Tensor, SoftplusCache> {
    checkInput(this, input);
    return tidy(() => {
      const beta = scalar(this.beta);
      const scaled = mul(beta, input);
      // tfjs's softplus takes x itself for large x, so nothing overflows.
      const curve = div(softplus(scaled), beta);
      const output = where(greater(scaled, scalar(this.threshold)), input, curve);
      return { output, cache: { scaled } };
    });
  }

  backpropToInput(gradOutput: Tensor, { scaled }: SoftplusCache): Tensor {
    checkGradOutput(this, 'backpropToInput', gradOutput, scaled.shape);
    return tidy(() => {
      const linear = greater(scaled, scalar(this.threshold));
      return mul(gradOutput, where(linear, onesLike(scaled), sigmoid(scaled)));
    });
  }
}
