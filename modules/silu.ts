import { add, mul, sub, tidy, type Tensor } from '@tensorflow/tfjs-core';
import { checkGradOutput, checkInput, checkRank } from '../lib/check.ts';
import { scalar } from '../lib/constant.ts';
import { sigmoidOf } from '../lib/kernels/elementwise/keepNaN.ts';
import { sameShape } from '../lib/window.ts';
import type { Facts, Shape } from '../lib/facts.ts';
import { Module, type ForwardResult } from '../lib/module.ts';

/** The values that `SiLU` keeps for its backward method. */
export interface SiLUCache {
  readonly input: Tensor;
  /** The sigmoid σ(x_in). */
  readonly gate: Tensor;
}

/**
 * The sigmoid linear unit, also called swish: the input multiplied by its sigmoid.
 *
 *   forward          x_out = x_in σ(x_in),  σ(x) = 1/(1 + exp(−x))
 *   backpropToInput  ∂C/∂x_in = ∂C/∂x_out · σ(x_in) (1 + x_in (1 − σ(x_in)))
 *
 * Shapes: input, output, gradOutput: any, all the same.
 * Errors: an input or gradOutput that is not a float tensor; a gradOutput whose shape differs from
 *         the output's.
 * Source: Elfwing, Uchibe, Doya 2017, arXiv:1702.03118, equations 17 and 18.
 *
 *     const box = new SiLU();
 *     box.infer(tensor1d([-1, 0, 1]));   // [-0.2689, 0, 0.7311]
 */
export class SiLU extends Module<Tensor, Tensor, SiLUCache> {
  override readonly hidesInfinity = true;

  forward(input: Tensor): ForwardResult<Tensor, SiLUCache> {
    checkInput(this, input);
    const gate = sigmoidOf(input);
    return { output: mul(input, gate), cache: { input: input.clone(), gate } };
  }

  backpropToInput(gradOutput: Tensor, { input, gate }: SiLUCache): Tensor {
    checkGradOutput(this, 'backpropToInput', gradOutput, input.shape);
    return tidy(() => {
      const slope = mul(gate, add(scalar(1), mul(input, sub(scalar(1), gate))));
      return mul(gradOutput, slope);
    });
  }

  override facts([input]: readonly Shape[]): Facts {
    checkRank(this, input);
    return sameShape(input, 'elementwise');
  }
}
