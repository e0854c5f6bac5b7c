import { addN, type Tensor } from '@tensorflow/tfjs-core';
import { checkGradOutput } from '../lib/check.ts';
import { checkSameShape } from '../lib/check.ts';
import { Module, type ForwardResult } from '../lib/module.ts';

/**
 * The sum of several inputs, element by element.
 *
 *   forward          x_out = Σ_k x_k
 *   backpropToInput  ∂C/∂x_k = ∂C/∂x_out
 *
 * Shapes: inputs, output, gradOutput: any, all the same.
 * Errors: inputs of two shapes, or that are no float tensors; a gradOutput of another shape than the output.
 */
export interface SumCache {
  readonly shape: readonly number[];
  readonly inputs: number;
}

export class Sum extends Module<readonly Tensor[], Tensor, SumCache> {
  override readonly arity = 'list';

  forward(inputs: readonly Tensor[]): ForwardResult<Tensor, SumCache> {
    checkSameShape(this, inputs);
    const output = inputs.length === 1 ? inputs[0].clone() : addN([...inputs]);
    return { output, cache: { shape: output.shape, inputs: inputs.length } };
  }

  backpropToInput(gradOutput: Tensor, { shape, inputs }: SumCache): Tensor[] {
    checkGradOutput(this, 'backpropToInput', gradOutput, shape);
    return Array.from({ length: inputs }, () => gradOutput.clone());
  }
}
