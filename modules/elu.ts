import { add, exp, expm1, mul, relu, step, tidy, type Tensor } from '@tensorflow/tfjs-core';
import { checkGradOutput, checkInput, checkNumber } from '../lib/check.ts';
import { scalar } from '../lib/constant.ts';
import { negativePart } from '../lib/kernels/elementwise/negativePart.ts';
import { Module, type ForwardResult } from '../lib/module.ts';

/**
 * The exponential linear unit, which falls to −α where the rectifier stays at 0.
 *
 *   forward          x_out = max(0, x_in) + α (exp(min(0, x_in)) − 1)
 *   backpropToInput  ∂C/∂x_in = ∂C/∂x_out · (1 where x_in > 0, α exp(x_in) where x_in ≤ 0)
 *
 * At 0 the derivative is α. No exponential overflows, for none is of a positive number.
 *
 * Shapes: input, output, gradOutput: any, all the same.
 * Errors: an input or gradOutput that is no float tensor; a gradOutput of another shape than the output; an α that is
 *         not finite.
 * Source: Clevert, Unterthiner, Hochreiter 2015, arXiv:1511.07289, equation 15.
 */
export interface ELUOptions {
  /** 1 by default. */
  readonly alpha?: number;
}

export interface ELUCache {
  readonly input: Tensor;
}

export class ELU extends Module<Tensor, Tensor, ELUCache> {
  readonly alpha: number;

  constructor({ alpha = 1 }: ELUOptions = {}) {
    super();
    checkNumber(this, 'alpha', alpha);
    this.alpha = alpha;
  }

  forward(input: Tensor): ForwardResult<Tensor, ELUCache> {
    checkInput(this, input);
    const output = tidy(() =>
      add(relu(input), mul(scalar(this.alpha), expm1(negativePart(input)))),
    );
    return { output, cache: { input: input.clone() } };
  }

  backpropToInput(gradOutput: Tensor, { input }: ELUCache): Tensor {
    checkGradOutput(this, 'backpropToInput', gradOutput, input.shape);
    // Above 0 the exponential is exp(0) = 1, and so is the step.
    return tidy(() => mul(gradOutput, mul(step(input, this.alpha), exp(negativePart(input)))));
  }
}
