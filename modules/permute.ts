import { transpose, type Tensor } from '@tensorflow/tfjs-core';
import { checkGradOutput, checkInput, checkRank, nameOf } from '../lib/check.ts';
import { BoxError, show } from '../lib/errors.ts';
import type { Facts, Shape } from '../lib/facts.ts';
import { Module, type ForwardResult } from '../lib/module.ts';

/** The values that `Permute` keeps for its backward method. */
export interface PermuteCache {
  readonly outputShape: readonly number[];
}

/**
 * Changes the order of the axes of each example: axis k of the output is axis `axes[k − 1]` of the
 * input. The batch is axis 0, and stays where it is.
 *
 *   forward          x_out[n, i_1 ... i_R] = x_in[n, j_1 ... j_R] with j_{a_k} = i_k
 *   backpropToInput  ∂C/∂x_in[n, j_1 ... j_R] = ∂C/∂x_out[n, i_1 ... i_R]
 *
 * so the gradient is permuted by the inverse order.
 *
 * Shapes: input [N, d_1, ..., d_R]; output, gradOutput [N, d_{a_1}, ..., d_{a_R}].
 * Errors: axes that are not 1 ... R in some order; an input of another rank; an input or gradOutput
 *         that is not a float tensor; a gradOutput whose shape differs from the output's.
 * Source: PyTorch's `permute` and Keras's `Permute`, which counts the axes in the same way.
 *
 *     const box = new Permute([3, 1, 2]);
 *     box.infer(images);   // [N, H, W, C] to [N, C, H, W]
 */
export class Permute extends Module<Tensor, Tensor, PermuteCache> {
  override readonly hidesInfinity = false;
  readonly axes: readonly number[];

  constructor(axes: readonly number[]) {
    super();
    if (axes.length === 0 || !axes.every((_, k) => axes.includes(k + 1))) {
      throw new BoxError(
        [nameOf(this)],
        `expected axes to be 1, 2, ... in some order, got ${show(axes)}`,
      );
    }
    this.axes = [...axes];
  }

  forward(input: Tensor): ForwardResult<Tensor, PermuteCache> {
    checkInput(this, input);
    const outputShape = this.#outputShape(input.shape);
    return { output: transpose(input, [0, ...this.axes]), cache: { outputShape } };
  }

  backpropToInput(gradOutput: Tensor, { outputShape }: PermuteCache): Tensor {
    checkGradOutput(this, 'backpropToInput', gradOutput, outputShape);
    const inverse = this.axes.map((_, k) => 1 + this.axes.indexOf(k + 1));
    return transpose(gradOutput, [0, ...inverse]);
  }

  override facts([input]: readonly Shape[]): Facts {
    checkRank(this, input);
    // A window cannot express that axes change places, so it is stated only if none does.
    const stays = this.axes.every((axis, k) => axis === k + 1);
    return {
      outputShape: this.#outputShape(input),
      ...(stays && { window: 'identity' }),
      multiplyAdds: 0,
    };
  }

  override describe(): string {
    return `Permute to the axes ${this.axes.join(', ')}`;
  }

  #outputShape(shape: Shape): number[] {
    if (shape.length !== this.axes.length + 1) {
      throw new BoxError(
        ['Permute.forward'],
        `expected an input of rank ${this.axes.length + 1}, got ${show([...shape])}`,
      );
    }
    return [shape[0], ...this.axes.map((axis) => shape[axis])];
  }
}
