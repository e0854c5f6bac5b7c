import { pad, slice, type Tensor } from '@tensorflow/tfjs-core';
import { checkGradOutput, checkInput, checkSize } from '../../lib/check.ts';
import { Module, type ForwardResult } from '../../lib/module.ts';

/**
 * Channels of zeros after those of the input: how a shortcut without parameters meets a body that widens.
 *
 *   forward          x_out[..., c] = x_in[..., c] for c < C, else 0
 *   backpropToInput  ∂C/∂x_in[..., c] = ∂C/∂x_out[..., c], c < C
 *
 * Shapes: input [N, ..., C]; output, gradOutput [N, ..., C + more].
 * Errors: an input without a batch axis, or no float tensor; a gradOutput of another shape than the output; a `more`
 *         that is no integer of at least 0.
 * Source: He, Zhang, Ren, Sun 2015, arXiv:1512.03385, section 3.3, option A.
 */
export interface PadChannelsCache {
  readonly shape: readonly number[];
}

export class PadChannels extends Module<Tensor, Tensor, PadChannelsCache> {
  readonly more: number;

  constructor(more: number) {
    super();
    checkSize(this, 'more', more, 0);
    this.more = more;
  }

  forward(input: Tensor): ForwardResult<Tensor, PadChannelsCache> {
    checkInput(this, input, 2);
    const { shape } = input;
    const paddings = shape.map((_, axis): [number, number] => [
      0,
      axis === shape.length - 1 ? this.more : 0,
    ]);
    return { output: pad(input, paddings), cache: { shape } };
  }

  backpropToInput(gradOutput: Tensor, { shape }: PadChannelsCache): Tensor {
    const wide = shape.map((size, axis) => (axis === shape.length - 1 ? size + this.more : size));
    checkGradOutput(this, 'backpropToInput', gradOutput, wide);
    return slice(
      gradOutput,
      shape.map(() => 0),
      [...shape],
    );
  }
}
