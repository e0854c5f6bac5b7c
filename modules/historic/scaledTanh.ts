import { mul, square, sub, tanh, tidy, type Tensor } from '@tensorflow/tfjs-core';
import { checkGradOutput, checkInput, checkPositive } from '../../lib/check.ts';
import { scalar } from '../../lib/constant.ts';
import { Module, type ForwardResult } from '../../lib/module.ts';

/**
 * The hyperbolic tangent with an amplitude A and a slope S; by default those that take ±1 to ±1, where the second
 * derivative is largest, and keep the variance of the LeNets' units near 1.
 *
 *   forward          x_out = A tanh(S x_in)
 *   backpropToInput  ∂C/∂x_in = ∂C/∂x_out · A S (1 − tanh²(S x_in))
 *
 * Shapes: input, output, gradOutput: any, all the same.
 * Errors: an input or gradOutput that is no float tensor; a gradOutput of another shape than the output; an amplitude
 *         or slope that is not above 0.
 * Source: LeCun, Bottou, Bengio, Haffner 1998, equation 6 and appendix A.
 */
export interface ScaledTanhOptions {
  /** 1.7159 by default. */
  readonly amplitude?: number;
  /** 2/3 by default. */
  readonly slope?: number;
}

export interface ScaledTanhCache {
  /** tanh(S x_in) */
  readonly squashed: Tensor;
}

export class ScaledTanh extends Module<Tensor, Tensor, ScaledTanhCache> {
  readonly amplitude: number;
  readonly slope: number;

  constructor({ amplitude = 1.7159, slope = 2 / 3 }: ScaledTanhOptions = {}) {
    super();
    checkPositive(this, 'amplitude', amplitude);
    checkPositive(this, 'slope', slope);
    this.amplitude = amplitude;
    this.slope = slope;
  }

  forward(input: Tensor): ForwardResult<Tensor, ScaledTanhCache> {
    checkInput(this, input);
    return tidy(() => {
      const squashed = tanh(mul(input, scalar(this.slope)));
      return { output: mul(squashed, scalar(this.amplitude)), cache: { squashed } };
    });
  }

  backpropToInput(gradOutput: Tensor, { squashed }: ScaledTanhCache): Tensor {
    checkGradOutput(this, 'backpropToInput', gradOutput, squashed.shape);
    return tidy(() => {
      const derivative = mul(sub(scalar(1), square(squashed)), scalar(this.amplitude * this.slope));
      return mul(gradOutput, derivative);
    });
  }
}
