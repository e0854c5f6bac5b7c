import { leakyRelu, mul, step, tidy, type Tensor } from '@tensorflow/tfjs-core';
import { checkGradOutput, checkInput, checkNumber, checkOptions, checkRank } from '../lib/check.ts';
import { sameShape } from '../lib/window.ts';
import type { Facts, Shape } from '../lib/facts.ts';
import { Module, type ForwardResult } from '../lib/module.ts';

/** The options of `LeakyReLU`. */
export interface LeakyReLUOptions {
  /** s, the slope below 0; 0.01 by default. */
  readonly negativeSlope?: number;
}

/** The values that `LeakyReLU` keeps for its backward method. */
export interface LeakyReLUCache {
  readonly input: Tensor;
}

/**
 * The leaky rectifier. Because of its small slope s below 0, no unit stops learning.
 *
 *   forward          x_out = x_in where x_in > 0, s x_in where x_in ≤ 0
 *   backpropToInput  ∂C/∂x_in = ∂C/∂x_out · (1 where x_in > 0, s where x_in ≤ 0)
 *
 * At 0 the derivative is s.
 *
 * Shapes: input, output, gradOutput: any, all the same.
 * Errors: an input or gradOutput that is not a float tensor; a gradOutput whose shape differs from
 *         the output's; a slope that is not finite.
 * Source: Maas, Hannun, Ng, "Rectifier nonlinearities improve neural network acoustic models",
 *         2013, equation 2.
 *
 *     const box = new LeakyReLU({ negativeSlope: 0.25 });
 *     box.infer(tensor1d([-2, 3]));   // [-0.5, 3]
 */
export class LeakyReLU extends Module<Tensor, Tensor, LeakyReLUCache> {
  override readonly hidesInfinity = false;
  readonly negativeSlope: number;

  constructor(options: LeakyReLUOptions = {}) {
    super();
    checkOptions(this, options, ['negativeSlope']);
    const { negativeSlope = 0.01 } = options;
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

  override facts([input]: readonly Shape[]): Facts {
    checkRank(this, input);
    return sameShape(input, 'elementwise');
  }
}
