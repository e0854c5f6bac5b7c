import { tidy, type Tensor } from '@tensorflow/tfjs-core';
import { checkGradOutput, checkInput, checkRank } from '../lib/check.ts';
import { positivePart, positivePartToInput } from '../lib/kernels/elementwise/parts.ts';
import { sameShape } from '../lib/window.ts';
import type { Facts, Shape } from '../lib/facts.ts';
import { Module, type ForwardResult } from '../lib/module.ts';
import type { ProjectionRule } from '../lib/projectionRule.ts';

/** The values that `ReLU` keeps for its backward method. */
export interface ReLUCache {
  readonly output: Tensor;
}

/**
 * The rectified linear unit. At 0 its derivative is taken to be 0, as in the lecture.
 *
 *   forward          x_out = max(0, x_in)
 *   backpropToInput  ∂C/∂x_in = ∂C/∂x_out · 1[x_in > 0]
 *   project          deconvnet: r_in = max(0, r_out); guided: r_in = max(0, r_out) · 1[x_in > 0]
 *
 * Shapes: input, output, gradOutput: any, all the same.
 * Errors: an input or gradOutput that is not a float tensor; a gradOutput whose shape differs from
 *         the output's.
 * Source: lecture, "Non-Linearity".
 *
 *     const box = new ReLU();
 *     box.infer(tensor1d([-1, 2]));   // [0, 2]
 */
export class ReLU extends Module<Tensor, Tensor, ReLUCache> {
  override readonly hidesInfinity = true;

  forward(input: Tensor): ForwardResult<Tensor, ReLUCache> {
    checkInput(this, input);
    const output = positivePart(input);
    return { output, cache: { output: output.clone() } };
  }

  backpropToInput(gradOutput: Tensor, { output }: ReLUCache): Tensor {
    checkGradOutput(this, 'backpropToInput', gradOutput, output.shape);
    return positivePartToInput(gradOutput, output);
  }

  override project(signal: Tensor, cache: ReLUCache, rule: ProjectionRule): Tensor {
    if (rule === 'gradient') return this.backpropToInput(signal, cache);
    checkGradOutput(this, 'project', signal, cache.output.shape);
    return tidy(() =>
      positivePart(rule === 'deconvnet' ? signal : this.backpropToInput(signal, cache)),
    );
  }

  override facts([input]: readonly Shape[]): Facts {
    checkRank(this, input);
    return sameShape(input, 'elementwise', [0, Infinity]);
  }
}
