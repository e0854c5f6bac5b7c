import { reshape, tidy, type Tensor, type Tensor4D } from '@tensorflow/tfjs-core';
import { checkGradOutput, checkInput, checkRank, checkSize, nameOf } from '../lib/check.ts';
import { BoxError } from '../lib/errors.ts';
import type { Facts, Shape } from '../lib/facts.ts';
import type { Geometry } from '../lib/geometry.ts';
import { maxPool2d, maxPool2dToInput } from '../lib/kernels/pool/maxPool2d.ts';
import { Module, type ForwardResult } from '../lib/module.ts';
import { sequenceGeometry } from '../lib/sequence.ts';
import { groupedChannels, samePositions } from '../lib/window.ts';

/** The values that `Maxout` keeps for its backward method. */
export interface MaxoutCache {
  readonly input: Tensor;
  readonly output: Tensor;
}

/**
 * The maximum of k linear pieces, which the box before it computes: feature i is the maximum of the
 * inputs i·k ... i·k + k − 1. `Linear(n, features · k)` and `Maxout(k)` together are a maxout
 * layer.
 *
 *   forward          x_out_i = max_{p<k} x_in_{i·k+p}
 *   backpropToInput  ∂C/∂x_in_{i·k+p} = ∂C/∂x_out_i · 1[p is the winner of i]
 *
 * If several are equal, the first one wins and gets the whole gradient. Maxout is computed as a max
 * pooling along the features: each example is a row of an image with one channel, and the windows
 * of k features do not overlap.
 *
 * Shapes: input [..., features · pieces]; output, gradOutput [..., features].
 * Errors: an input or gradOutput that is not a float tensor; features that are not a multiple of
 *         the pieces; a gradOutput whose shape differs from the output's.
 * Source: Goodfellow et al. 2013, "Maxout networks", arXiv:1302.4389, section 3.
 *
 *     const box = new Maxout(3);
 *     box.infer(tensor2d([[1, 5, 2, -4, -2, -3]]));   // [[5, -2]]
 */
export class Maxout extends Module<Tensor, Tensor, MaxoutCache> {
  override readonly hidesInfinity = true;
  readonly pieces: number;

  /** @param pieces k, at least 1. */
  constructor(pieces: number) {
    super();
    checkSize(this, 'pieces', pieces);
    this.pieces = pieces;
  }

  forward(input: Tensor): ForwardResult<Tensor, MaxoutCache> {
    checkInput(this, input);
    const { windows, outputShape } = this.#geometry(input.shape);
    const output = tidy(() => reshape(maxPool2d(rows(input), windows), [...outputShape]));
    return { output, cache: { input: input.clone(), output: output.clone() } };
  }

  backpropToInput(gradOutput: Tensor, { input, output }: MaxoutCache): Tensor {
    checkGradOutput(this, 'backpropToInput', gradOutput, output.shape);
    const { windows } = this.#geometry(input.shape);
    return tidy(() => {
      const [grad, x, y] = [gradOutput, input, output].map(rows);
      return reshape(maxPool2dToInput(grad, x, y, windows), input.shape);
    });
  }

  override facts([input]: readonly Shape[]): Facts {
    checkRank(this, input);
    return {
      outputShape: this.#geometry(input).outputShape,
      window: samePositions(input, groupedChannels(1, this.pieces)),
      multiplyAdds: 0,
    };
  }

  #geometry(inputShape: Shape): { readonly windows: Geometry; readonly outputShape: Shape } {
    const { pieces } = this;
    const length = inputShape.at(-1) ?? 0;
    if (length % pieces !== 0) {
      throw new BoxError(
        [`${nameOf(this)}.forward`],
        `expected input of shape [..., features * ${pieces}], got [${inputShape.join(', ')}]`,
      );
    }
    return {
      windows: sequenceGeometry(this, length, {
        kernelSize: pieces,
        stride: pieces,
        padding: 'valid',
      }),
      outputShape: [...inputShape.slice(0, -1), length / pieces],
    };
  }
}

/** Reshapes each row of features to an image of height 1 with one channel. */
function rows(x: Tensor): Tensor4D {
  const length = x.shape[x.rank - 1];
  return reshape(x, [x.size / length, 1, length, 1]);
}
