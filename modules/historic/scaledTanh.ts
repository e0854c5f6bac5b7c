import { mul, square, sub, tanh, tidy, type Tensor } from '@tensorflow/tfjs-core';
import {
  checkGradOutput,
  checkInput,
  checkOptions,
  checkPositiveFloat,
  checkRank,
} from '../../lib/check.ts';
import { scalar } from '../../lib/constant.ts';
import { sameShape } from '../../lib/window.ts';
import type { Facts, Shape } from '../../lib/facts.ts';
import { Module, type ForwardResult } from '../../lib/module.ts';

/** The options of `ScaledTanh`. */
export interface ScaledTanhOptions {
  /** The amplitude A, 1.7159 by default. */
  readonly amplitude?: number;
  /** The slope S, 2/3 by default. */
  readonly slope?: number;
}

/** The values that `ScaledTanh` keeps for its backward method. */
export interface ScaledTanhCache {
  /** The value tanh(S x_in), before the amplitude is applied. */
  readonly squashed: Tensor;
}

/**
 * The hyperbolic tangent with an amplitude A and a slope S. The defaults map ±1 to ±1, which is
 * where the second derivative is largest. They keep the variance of the units of the LeNets near 1.
 *
 *   forward          x_out = A tanh(S x_in)
 *   backpropToInput  ∂C/∂x_in = ∂C/∂x_out · A S (1 − tanh²(S x_in))
 *
 * Shapes: input, output, gradOutput: any, all the same.
 * Errors: an input or gradOutput that is not a float tensor; a gradOutput whose shape differs from
 *         the output's; an amplitude or slope that is not above 0.
 * Source: LeCun, Bottou, Bengio, Haffner 1998, equation 6 and appendix A.
 *
 *     const box = new ScaledTanh();
 *     box.infer(tensor1d([-1, 0, 1]));   // [-1.0000, 0, 1.0000]
 */
export class ScaledTanh extends Module<Tensor, Tensor, ScaledTanhCache> {
  override readonly hidesInfinity = true;
  readonly amplitude: number;
  readonly slope: number;

  constructor(options: ScaledTanhOptions = {}) {
    super();
    checkOptions(this, options, ['amplitude', 'slope']);
    const { amplitude = 1.7159, slope = 2 / 3 } = options;
    checkPositiveFloat(this, 'amplitude', amplitude);
    checkPositiveFloat(this, 'slope', slope);
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

  override facts([input]: readonly Shape[]): Facts {
    checkRank(this, input);
    return sameShape(input, 'elementwise', [-this.amplitude, this.amplitude]);
  }
}
