import { mul, tidy, type Tensor } from '@tensorflow/tfjs-core';
import { checkGradOutput } from '../lib/check.ts';
import { checkSameShape } from '../lib/check.ts';
import { Module, type ForwardResult } from '../lib/module.ts';

/**
 * The product of several inputs, element by element: one that gates another.
 *
 *   forward          x_out = Π_k x_k
 *   backpropToInput  ∂C/∂x_k = ∂C/∂x_out · Π_{j≠k} x_j
 *
 * The products of the others are made of those before k and those behind it, for x_out/x_k would fail at 0.
 *
 * Shapes: inputs, output, gradOutput: any, all the same.
 * Errors: inputs of two shapes, or that are no float tensors; a gradOutput of another shape than the output.
 */
export interface ProductCache {
  readonly inputs: readonly Tensor[];
}

export class Product extends Module<readonly Tensor[], Tensor, ProductCache> {
  override readonly arity = 'list';

  forward(inputs: readonly Tensor[]): ForwardResult<Tensor, ProductCache> {
    checkSameShape(this, inputs);
    const output = tidy(() => inputs.reduce((product, x) => mul(product, x)).clone());
    return { output, cache: { inputs: inputs.map((x) => x.clone()) } };
  }

  backpropToInput(gradOutput: Tensor, { inputs }: ProductCache): Tensor[] {
    checkGradOutput(this, 'backpropToInput', gradOutput, inputs[0].shape);
    return tidy(() => {
      // g Π_{j<k} x_j, from the first input to the last, and then the factors behind k, from the last to the first.
      const before = [gradOutput];
      for (const x of inputs.slice(0, -1)) before.push(mul(before[before.length - 1], x));
      const grads: Tensor[] = [];
      let behind: Tensor | undefined;
      for (let k = inputs.length - 1; k >= 0; k--) {
        grads.unshift(behind === undefined ? before[k].clone() : mul(before[k], behind));
        behind = behind === undefined ? inputs[k] : mul(behind, inputs[k]);
      }
      return grads;
    });
  }
}
