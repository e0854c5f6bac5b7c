import { mul, square, sub, tanh, tidy, type Tensor } from '@tensorflow/tfjs-core';
import { checkGradOutput, checkInput, checkRank } from '../lib/check.ts';
import { scalar } from '../lib/constant.ts';
import { sameShape } from '../lib/window.ts';
import type { Facts, Shape } from '../lib/facts.ts';
import { Module, type ForwardResult } from '../lib/module.ts';

/** The values that `Tanh` keeps for its backward method. */
export interface TanhCache {
  readonly output: Tensor;
}

/**
 * The hyperbolic tangent.
 *
 *   forward          x_out = tanh(x_in)
 *   backpropToInput  ∂C/∂x_in = ∂C/∂x_out · (1 − tanh²(x_in)) = ∂C/∂x_out · (1 − x_out²)
 *
 * Shapes: input, output, gradOutput: any, all the same.
 * Errors: an input or gradOutput that is not a float tensor; a gradOutput whose shape differs from
 *         the output's.
 * Source: lecture, "Some useful derivatives".
 *
 *     const box = new Tanh();
 *     box.infer(tensor1d([-1, 0, 1]));   // [-0.7616, 0, 0.7616]
 */
export class Tanh extends Module<Tensor, Tensor, TanhCache> {
  override readonly hidesInfinity = true;

  forward(input: Tensor): ForwardResult<Tensor, TanhCache> {
    checkInput(this, input);
    const output = tanh(input);
    return { output, cache: { output: output.clone() } };
  }

  backpropToInput(gradOutput: Tensor, { output }: TanhCache): Tensor {
    checkGradOutput(this, 'backpropToInput', gradOutput, output.shape);
    return tidy(() => mul(gradOutput, sub(scalar(1), square(output))));
  }

  override facts([input]: readonly Shape[]): Facts {
    checkRank(this, input);
    return sameShape(input, 'elementwise', [-1, 1]);
  }
}
