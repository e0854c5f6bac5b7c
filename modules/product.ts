import { mul, tidy, type Tensor } from '@tensorflow/tfjs-core';
import { checkGradOutput, checkSameAxes, checkSameShape } from '../lib/check.ts';
import { sameShape } from '../lib/window.ts';
import type { Facts, Shape } from '../lib/facts.ts';
import { Module, type ForwardResult } from '../lib/module.ts';

/** The values that `Product` keeps for its backward method. */
export interface ProductCache {
  readonly inputs: readonly Tensor[];
}

/**
 * The product of several inputs, element by element. One input can gate another.
 *
 *   forward          x_out = Π_k x_k
 *   backpropToInput  ∂C/∂x_k = ∂C/∂x_out · Π_{j≠k} x_j
 *
 * The product over j ≠ k is computed as the product of the inputs before k times that of the inputs
 * after k, because x_out/x_k would fail at 0.
 *
 * Shapes: inputs, output, gradOutput: any, all the same.
 * Errors: inputs of different shapes; inputs that are not float tensors; a gradOutput whose shape
 *         differs from the output's.
 *
 *     const box = new Product();
 *     box.infer([tensor1d([1, 2]), tensor1d([10, 0])]);   // [10, 0]
 */
export class Product extends Module<readonly Tensor[], Tensor, ProductCache> {
  override readonly arity = 'list';
  override readonly hidesInfinity = false;

  forward(inputs: readonly Tensor[]): ForwardResult<Tensor, ProductCache> {
    checkSameShape(this, inputs);
    const output = tidy(() => inputs.reduce((product, x) => mul(product, x)).clone());
    return { output, cache: { inputs: inputs.map((x) => x.clone()) } };
  }

  backpropToInput(gradOutput: Tensor, { inputs }: ProductCache): Tensor[] {
    checkGradOutput(this, 'backpropToInput', gradOutput, inputs[0].shape);
    return tidy(() => {
      // The loops first compute g Π_{j<k} x_j from the first input to the last, and then Π_{j>k}
      // x_j from the last to the first.
      const before = [gradOutput];
      for (const x of inputs.slice(0, -1)) before.push(mul(before[before.length - 1], x));
      const grads: Tensor[] = [];
      let after: Tensor | undefined;
      for (let k = inputs.length - 1; k >= 0; k--) {
        grads.unshift(after === undefined ? before[k].clone() : mul(before[k], after));
        after = after === undefined ? inputs[k] : mul(after, inputs[k]);
      }
      return grads;
    });
  }

  override facts(inputs: readonly Shape[]): Facts {
    checkSameAxes(this, inputs);
    return sameShape(inputs[0], 'elementwise');
  }
}
