import { mul, tidy, type Tensor } from '@tensorflow/tfjs-core';
import {
  checkGradOutput,
  checkInput,
  checkNumber,
  checkOptions,
  checkRank,
  nameOf,
} from '../lib/check.ts';
import { BoxError } from '../lib/errors.ts';
import { between } from '../lib/kernels/elementwise/between.ts';
import { clip } from '../lib/kernels/elementwise/clip.ts';
import { sameShape } from '../lib/window.ts';
import type { Facts, Shape } from '../lib/facts.ts';
import { Module, type ForwardResult } from '../lib/module.ts';

/** The options of `HardTanh`. */
export interface HardTanhOptions {
  /** The lower bound, −1 by default. */
  readonly minValue?: number;
  /** The upper bound, 1 by default. */
  readonly maxValue?: number;
}

/** The values that `HardTanh` keeps for its backward method. */
export interface HardTanhCache {
  readonly input: Tensor;
}

/**
 * The identity between two bounds, and a constant outside of them.
 *
 *   forward          x_out = min(max(x_in, minValue), maxValue)
 *   backpropToInput  ∂C/∂x_in = ∂C/∂x_out · 1[minValue < x_in < maxValue]
 *
 * At the bounds the derivative is 0.
 *
 * Shapes: input, output, gradOutput: any, all the same.
 * Errors: an input or gradOutput that is not a float tensor; a gradOutput whose shape differs from
 *         the output's; bounds that are not finite, or a minValue that is not below maxValue.
 * Source: Collobert, "Large scale machine learning", 2004; the derivative at the bounds is that of
 *         PyTorch's nn.Hardtanh.
 *
 *     const box = new HardTanh({ minValue: -2, maxValue: 3 });
 *     box.infer(tensor1d([-5, 1, 4]));   // [-2, 1, 3]
 */
export class HardTanh extends Module<Tensor, Tensor, HardTanhCache> {
  override readonly hidesInfinity = true;
  readonly minValue: number;
  readonly maxValue: number;

  constructor(options: HardTanhOptions = {}) {
    super();
    checkOptions(this, options, ['minValue', 'maxValue']);
    const { minValue = -1, maxValue = 1 } = options;
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
      output: clip(input, this.minValue, this.maxValue),
      cache: { input: input.clone() },
    };
  }

  backpropToInput(gradOutput: Tensor, { input }: HardTanhCache): Tensor {
    checkGradOutput(this, 'backpropToInput', gradOutput, input.shape);
    return tidy(() => mul(gradOutput, between(input, this.minValue, this.maxValue)));
  }

  override facts([input]: readonly Shape[]): Facts {
    checkRank(this, input);
    return sameShape(input, 'elementwise');
  }
}
