import { leakyRelu, mul, step, tidy, type Tensor } from '@tensorflow/tfjs-core';
import { checkGradOutput, checkInput, checkNumber } from '../lib/check.ts';
import { Module, type ForwardResult } from '../lib/module.ts';

/**
 * The leaky rectifier: a small slope s below 0 keeps every unit learning.
 *
 *   forward          x_out = x_in where x_in > 0, s x_in where x_in ≤ 0
 *   backpropToInput  ∂C/∂x_in = ∂C/∂x_out · (1 where x_in > 0, s where x_in ≤ 0)
 *
 * At 0 the derivative is s.
 *
 * Shapes: input, output, gradOutput: any, all the same.
 * Errors: an input or gradOutput that is no float tensor; a gradOutput of another shape than the output; a slope that
 *         is not finite.
 * Source: Maas, Hannun, Ng, "Rectifier nonlinearities improve neural network acoustic models", 2013, equation 2.
 */
export interface LeakyReLUOptions {
  /** 0.01 by default. */
  readonly negativeSlope?: number;
}

export interface LeakyReLUCache {
  readonly input: Tensor;
}

export class LeakyReLU extends Module<Tensor, Tensor, LeakyReLUCache> {
  readonly negativeSlope: number;

  constructor({ negativeSlope = 0.01 }: LeakyReLUOptions = {}) {
    super();
    checkNumber(this, 'negativeSlope', negativeSlope);
    this.negativeSlope = negativeSlope;
  }

  forward(input: Tensor): ForwardResult<Tensor, LeakyReLUCache> {
    checkInput(this, input);
    return { output: leakyRelu(input, this.negativeSlope), cache: { input: input.clone() } };
  }

  backpropToInput(gradOutput: Tensor, { input }: LeakyReLUCache): Tensor {
    checkGradOutput(this, 'backpropToInput', gradOutput, input.shape);
    return tidy(() => mul(gradOutput, step(input, this.negativeSlope)));
  }
}
