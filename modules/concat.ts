import { concat, slice, type Tensor } from '@tensorflow/tfjs-core';
import { checkGradOutput } from '../lib/check.ts';
import { checkSameShape } from '../lib/check.ts';
import { Module, type ForwardResult } from '../lib/module.ts';

/**
 * Several inputs side by side: the channels of the first, then those of the second, and so on. With input k's channels
 * standing from o_k = C_1 + ... + C_{k−1} on:
 *
 *   forward          x_out[..., o_k + c] = x_k[..., c]
 *   backpropToInput  ∂C/∂x_k[..., c] = ∂C/∂x_out[..., o_k + c]
 *
 * Shapes: inputs [..., C_k]; output, gradOutput [..., Σ_k C_k].
 * Errors: inputs that differ in another axis than the last, or are no float tensors; a gradOutput of another shape than
 *         the output.
 */
export interface ConcatCache {
  readonly shapes: readonly (readonly number[])[];
}

export class Concat extends Module<readonly Tensor[], Tensor, ConcatCache> {
  override readonly arity = 'list';

  forward(inputs: readonly Tensor[]): ForwardResult<Tensor, ConcatCache> {
    checkSameShape(this, inputs, 'all but the last');
    const shapes = inputs.map(({ shape }) => shape);
    return { output: concat([...inputs], -1), cache: { shapes } };
  }

  backpropToInput(gradOutput: Tensor, { shapes }: ConcatCache): Tensor[] {
    const last = shapes[0].length - 1;
    const channels = shapes.reduce((sum, shape) => sum + shape[last], 0);
    checkGradOutput(this, 'backpropToInput', gradOutput, [...shapes[0].slice(0, last), channels]);
    let from = 0;
    return shapes.map((shape) => {
      const begin = shape.map((_, axis) => (axis === last ? from : 0));
      from += shape[last];
      return slice(gradOutput, begin, [...shape]);
    });
  }
}
