import { clipByValue, mul, step, sub, tidy, type Tensor } from '@tensorflow/tfjs-core';
import { checkGradOutput, checkInput, checkNumber, nameOf } from '../lib/check.ts';
import { BoxError } from '../lib/errors.ts';
import { scalar } from '../lib/constant.ts';
import { Module, type ForwardResult } from '../lib/module.ts';

/**
 * The identity between two bounds, flat beyond them.
 *
 *   forward          x_out = min(max(x_in, minValue), maxValue)
 *   backpropToInput  ∂C/∂x_in = ∂C/∂x_out · 1[minValue < x_in < maxValue]
 *
 * At the bounds the derivative is 0. `minValue` 0 and `maxValue` 6 make the ReLU6 of MobileNet.
 *
 * Shapes: input, output, gradOutput: any, all the same.
 * Errors: an input or gradOutput that is no float tensor; a gradOutput of another shape than the output; bounds that
 *         are not finite or not in order.
 * Source: Collobert, "Large scale machine learning", 2004; the rule at the bounds is PyTorch's nn.Hardtanh.
 */
export interface HardTanhOptions {
  /** −1 by default. */
  readonly minValue?: number;
  /** 1 by default. */
  readonly maxValue?: number;
}

export interface HardTanhCache {
  readonly input: Tensor;
}

export class HardTanh extends Module<Tensor, Tensor, HardTanhCache> {
  readonly minValue: number;
  readonly maxValue: number;

  constructor({ minValue = -1, maxValue = 1 }: HardTanhOptions = {}) {
    super();
    checkNumber(this, 'minValue', minValue);
    checkNumber(this, 'maxValue', maxValue);
    if (!(minValue < maxValue)) {
      throw new BoxError(
        [nameOf(this)],
        `expected minValue below maxValue, got ${minValue} and ${maxValue}`,
      );
    }
    this.minValue = minValue;
    this.maxValue = maxValue;
  }

  forward(input: Tensor): ForwardResult<Tensor, HardTanhCache> {
    checkInput(this, input);
    return {
      output: clipByValue(input, this.minValue, this.maxValue),
      cache: { input: input.clone() },
    };
  }

  backpropToInput(gradOutput: Tensor, { input }: HardTanhCache): Tensor {
    checkGradOutput(this, 'backpropToInput', gradOutput, input.shape);
    return tidy(() => {
      const above = step(sub(input, scalar(this.minValue)));
      const below = step(sub(scalar(this.maxValue), input));
      return mul(gradOutput, mul(above, below));
    });
  }
}
