import { reshape, type Tensor } from '@tensorflow/tfjs-core';
import { checkGradOutput, checkInput, checkRank, checkSize, nameOf } from '../lib/check.ts';
import { BoxError, show } from '../lib/errors.ts';
import { numElements } from '../lib/shapes.ts';
import type { Facts, Shape } from '../lib/facts.ts';
import { Module, type ForwardResult } from '../lib/module.ts';

/** The values that `Reshape` keeps for its backward method. */
export interface ReshapeCache {
  readonly inputShape: number[];
  readonly outputShape: readonly number[];
}

/**
 * Reshapes each example. The elements keep their order, row by row. One size may be −1; it is
 * computed from the other sizes.
 *
 *   forward          x_out[n] = x_in[n], in the shape `sizes`
 *   backpropToInput  ∂C/∂x_in[n] = ∂C/∂x_out[n], in the shape of the input
 *
 * Shapes: input [N, ...]; output, gradOutput [N, ...sizes].
 * Errors: sizes that are not positive integers (one may be −1); examples whose number of elements
 *         does not fit the sizes; a gradOutput whose shape differs from the output's.
 *
 *     const box = new Reshape([4, -1]);
 *     box.infer(zeros([2, 12]));   // [2, 4, 3]
 */
export class Reshape extends Module<Tensor, Tensor, ReshapeCache> {
  override readonly hidesInfinity = false;
  readonly sizes: readonly number[];

  constructor(sizes: readonly number[]) {
    super();
    const known = sizes.filter((size) => size !== -1);
    if (known.length < sizes.length - 1) {
      throw new BoxError(
        [nameOf(this)],
        `expected at most one -1 among the sizes, got ${show([...sizes])}`,
      );
    }
    known.forEach((size) => checkSize(this, 'sizes', size));
    this.sizes = [...sizes];
  }

  forward(input: Tensor): ForwardResult<Tensor, ReshapeCache> {
    checkInput(this, input);
    const outputShape = this.#outputShape(input.shape);
    return { output: reshape(input, outputShape), cache: { inputShape: input.shape, outputShape } };
  }

  backpropToInput(gradOutput: Tensor, { inputShape, outputShape }: ReshapeCache): Tensor {
    checkGradOutput(this, 'backpropToInput', gradOutput, outputShape);
    return reshape(gradOutput, inputShape);
  }

  override facts([input]: readonly Shape[]): Facts {
    checkRank(this, input);
    return { outputShape: this.#outputShape(input), window: 'identity', multiplyAdds: 0 };
  }

  #outputShape([batch, ...example]: Shape): number[] {
    const elements = numElements(example);
    const known = numElements(this.sizes.filter((size) => size !== -1));
    const isOpen = this.sizes.includes(-1);
    if (isOpen ? elements % known !== 0 : elements !== known) {
      throw new BoxError(
        ['Reshape.forward'],
        `expected examples of ${isOpen ? `a multiple of ${known}` : known} elements, got ${elements} of input shape ${show([batch, ...example])}`,
      );
    }
    return [batch, ...this.sizes.map((size) => (size === -1 ? elements / known : size))];
  }
}
