import { addN, type Tensor } from '@tensorflow/tfjs-core';
import { checkGradOutput, checkSameAxes, checkSameShape } from '../lib/check.ts';
import { sameShape } from '../lib/window.ts';
import type { Facts, Shape } from '../lib/facts.ts';
import { Module, type ForwardResult } from '../lib/module.ts';

/** The values that `Sum` keeps for its backward method. */
export interface SumCache {
  readonly shape: readonly number[];
  /** The number of inputs. */
  readonly inputs: number;
}

/**
 * The sum of several inputs, element by element.
 *
 *   forward          x_out = Σ_k x_k
 *   backpropToInput  ∂C/∂x_k = ∂C/∂x_out
 *
 * Shapes: inputs, output, gradOutput: any, all the same.
 * Errors: inputs of different shapes; inputs that are not float tensors; a gradOutput whose shape
 *         differs from the output's.
 *
 *     const box = new Sum();
 *     box.infer([tensor1d([1, 2]), tensor1d([10, 20])]);   // [11, 22]
 */
export class Sum extends Module<readonly Tensor[], Tensor, SumCache> {
  override readonly arity = 'list';
  override readonly hidesInfinity = false;

  forward(inputs: readonly Tensor[]): ForwardResult<Tensor, SumCache> {
    checkSameShape(this, inputs);
    const output = inputs.length === 1 ? inputs[0].clone() : addN([...inputs]);
    return { output, cache: { shape: output.shape, inputs: inputs.length } };
  }

  backpropToInput(gradOutput: Tensor, { shape, inputs }: SumCache): Tensor[] {
    checkGradOutput(this, 'backpropToInput', gradOutput, shape);
    return Array.from({ length: inputs }, () => gradOutput.clone());
  }

  override facts(inputs: readonly Shape[]): Facts {
    checkSameAxes(this, inputs);
    return sameShape(inputs[0], 'elementwise');
  }
}
