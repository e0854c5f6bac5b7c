import { pad, slice, type Tensor } from '@tensorflow/tfjs-core';
import { checkGradOutput, checkInput, checkRank, checkSize } from '../../lib/check.ts';
import { clampInterval, samePositions } from '../../lib/window.ts';
import type { Facts, Shape } from '../../lib/facts.ts';
import { Module, type ForwardResult } from '../../lib/module.ts';

/** The values that `PadChannels` keeps for its backward method. */
export interface PadChannelsCache {
  readonly shape: readonly number[];
}

/**
 * Appends channels of zeros. It can give a shortcut without parameters as many channels as the
 * body.
 *
 *   forward          x_out[..., c] = x_in[..., c] for c < C, else 0
 *   backpropToInput  ∂C/∂x_in[..., c] = ∂C/∂x_out[..., c], c < C
 *
 * Shapes: input [N, ..., C]; output, gradOutput [N, ..., C + more].
 * Errors: an input that has no batch axis or is not a float tensor; a gradOutput whose shape
 *         differs from the output's; a `more` that is not an integer of at least 0.
 * Source: He, Zhang, Ren, Sun 2015, arXiv:1512.03385, section 3.3, option A.
 *
 *     const box = new PadChannels(2);
 *     box.infer(tensor2d([[5, 6]]));   // [[5, 6, 0, 0]]
 */
export class PadChannels extends Module<Tensor, Tensor, PadChannelsCache> {
  override readonly hidesInfinity = false;
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
    checkGradOutput(this, 'backpropToInput', gradOutput, this.#outputShape(shape));
    return slice(
      gradOutput,
      shape.map(() => 0),
      [...shape],
    );
  }

  override facts([input]: readonly Shape[]): Facts {
    checkRank(this, input, 2);
    const channels = input[input.length - 1];
    return {
      outputShape: this.#outputShape(input),
      window: samePositions(input, (outputs) => clampInterval(outputs, channels)),
      multiplyAdds: 0,
    };
  }

  #outputShape(shape: Shape): Shape {
    return [...shape.slice(0, -1), shape[shape.length - 1] + this.more];
  }
}
