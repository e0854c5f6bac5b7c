import { add, expm1, mul, step, tidy, type Tensor } from '@tensorflow/tfjs-core';
import { checkGradOutput, checkInput, checkNumber, checkOptions, checkRank } from '../lib/check.ts';
import { scalar } from '../lib/constant.ts';
import { expOf } from '../lib/kernels/elementwise/keepNaN.ts';
import { negativePart, positivePart } from '../lib/kernels/elementwise/parts.ts';
import { sameShape } from '../lib/window.ts';
import type { Facts, Shape } from '../lib/facts.ts';
import { Module, type ForwardResult } from '../lib/module.ts';

/** The options of `ELU`. */
export interface ELUOptions {
  /** α: for large negative inputs, the output approaches −α; 1 by default. */
  readonly alpha?: number;
}

/** The values that `ELU` keeps for its backward method. */
export interface ELUCache {
  readonly input: Tensor;
}

/**
 * The exponential linear unit. Where a rectifier is 0, it falls towards −α.
 *
 *   forward          x_out = max(0, x_in) + α (exp(min(0, x_in)) − 1)
 *   backpropToInput  ∂C/∂x_in = ∂C/∂x_out · (1 where x_in > 0, α exp(x_in) where x_in ≤ 0)
 *
 * At 0 the derivative is α. No exponential overflows, because no exponent is positive.
 *
 * Shapes: input, output, gradOutput: any, all the same.
 * Errors: an input or gradOutput that is not a float tensor; a gradOutput whose shape differs from
 *         the output's; an α that is not finite.
 * Source: Clevert, Unterthiner, Hochreiter 2015, arXiv:1511.07289, equation 15.
 *
 *     const box = new ELU({ alpha: 2 });
 *     box.infer(tensor1d([-10, 3]));   // [-1.9999, 3]
 */
export class ELU extends Module<Tensor, Tensor, ELUCache> {
  override readonly hidesInfinity = true;
  readonly alpha: number;

  constructor(options: ELUOptions = {}) {
    super();
    checkOptions(this, options, ['alpha']);
    const { alpha = 1 } = options;
    checkNumber(this, 'alpha', alpha);
    this.alpha = alpha;
  }

  forward(input: Tensor): ForwardResult<Tensor, ELUCache> {
    checkInput(this, input);
    const output = tidy(() =>
      add(positivePart(input), mul(scalar(this.alpha), expm1(negativePart(input)))),
    );
    return { output, cache: { input: input.clone() } };
  }

  backpropToInput(gradOutput: Tensor, { input }: ELUCache): Tensor {
    checkGradOutput(this, 'backpropToInput', gradOutput, input.shape);
    // Where the input is above 0, both factors are 1.
    return tidy(() => mul(gradOutput, mul(step(input, this.alpha), expOf(negativePart(input)))));
  }

  override facts([input]: readonly Shape[]): Facts {
    checkRank(this, input);
    return sameShape(input, 'elementwise', [Math.min(0, -this.alpha), Infinity]);
  }
}
