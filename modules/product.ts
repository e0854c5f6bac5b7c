import { mul, tidy, type Tensor } from '@tensorflow/tfjs-core';
import { broadcastShape, broadcastWindow, checkBroadcast } from '../lib/broadcast.ts';
import { checkGradOutput } from '../lib/check.ts';
import { sumTo } from '../lib/kernels/reduce/sumTo.ts';
import { sameShape } from '../lib/window.ts';
import type { Facts, Shape } from '../lib/facts.ts';
import { Module, type ForwardResult } from '../lib/module.ts';

/** The values that `Product` keeps for its backward method. */
export interface ProductCache {
  readonly inputs: readonly Tensor[];
  readonly outputShape: Shape;
}

/**
 * The product of several inputs, element by element. One input can gate another.
 *
 *   forward          x_out = Π_k R(x_k)
 *   backpropToInput  ∂C/∂x_k = S(∂C/∂x_out · Π_{j≠k} R(x_j))
 *
 * R repeats an input along the axes in which it has the size 1 and the output has not. So a gate
 * [N, 1, 1, C] multiplies each channel of an image [N, H, W, C], as in squeeze and excitation. Each
 * repetition has a share in the gradient, so S is the sum over these axes. The batch is never
 * repeated.
 *
 * The product over j ≠ k is computed as the product of the inputs before k times that of the inputs
 * after k, because x_out/x_k would fail at 0.
 *
 * Shapes: inputs: any, all the same, but for axes of size 1 after the first; output, gradOutput:
 *         the largest size of each axis.
 * Errors: inputs whose shapes do not fit together; inputs that are not float tensors; a gradOutput
 *         whose shape differs from the output's.
 * Source: Hu et al. 2017, "Squeeze-and-excitation networks", arXiv:1709.01507, equation 4 (the
 *         gate of a channel).
 *
 *     const box = new Product();
 *     box.infer([tensor2d([[1, 2, 3]]), tensor2d([[10]])]);   // [[10, 20, 30]]
 */
export class Product extends Module<readonly Tensor[], Tensor, ProductCache> {
  override readonly arity = 'list';
  override readonly hidesInfinity = false;

  forward(inputs: readonly Tensor[]): ForwardResult<Tensor, ProductCache> {
    const outputShape = checkBroadcast(this, inputs);
    const output = tidy(() => inputs.reduce((product, x) => mul(product, x)).clone());
    return { output, cache: { inputs: inputs.map((x) => x.clone()), outputShape } };
  }

  backpropToInput(gradOutput: Tensor, { inputs, outputShape }: ProductCache): Tensor[] {
    checkGradOutput(this, 'backpropToInput', gradOutput, outputShape);
    return tidy(() => {
      // The loops first compute g Π_{j<k} x_j from the first input to the last, and then Π_{j>k}
      // x_j from the last to the first.
      const before = [gradOutput];
      for (const x of inputs.slice(0, -1)) before.push(mul(before[before.length - 1], x));
      const grads: Tensor[] = [];
      let after: Tensor | undefined;
      for (let k = inputs.length - 1; k >= 0; k--) {
        const repeated = after === undefined ? before[k] : mul(before[k], after);
        grads.unshift(sumTo(repeated, inputs[k].shape));
        after = after === undefined ? inputs[k] : mul(after, inputs[k]);
      }
      return grads;
    });
  }

  override facts(inputs: readonly Shape[]): Facts {
    const outputShape = broadcastShape(this, inputs);
    const windows = inputs.map((shape) => broadcastWindow(shape, outputShape));
    if (windows.every((window) => window === 'elementwise'))
      return sameShape(outputShape, 'elementwise');
    return { outputShape, window: windows, multiplyAdds: 0 };
  }
}
