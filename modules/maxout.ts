import { reshape, tidy, type Tensor, type Tensor4D } from '@tensorflow/tfjs-core';
import { checkGradOutput, checkInput, checkSize } from '../lib/check.ts';
import { BoxError } from '../lib/errors.ts';
import { axisGeometry, type Geometry } from '../lib/geometry.ts';
import { maxPool2d, maxPool2dToInput } from '../lib/kernels/pool/maxPool2d.ts';
import { Module, type ForwardResult } from '../lib/module.ts';

/**
 * The largest of k linear pieces, which a box before it computes side by side: feature i is made of the inputs
 * i·k ... i·k + k − 1. `Linear(n, features · k)` and `Maxout(k)` are a maxout layer.
 *
 *   forward          x_out_i = max_{p<k} x_in_{i·k+p}
 *   backpropToInput  ∂C/∂x_in_{i·k+p} = ∂C/∂x_out_i · 1[p is the winner of i]
 *
 * Among equals the first wins and gets the whole gradient. It is a max pooling along the features, and is computed
 * as one: rows of an image of one channel, with windows of k that do not overlap.
 *
 * Shapes: input [..., features · pieces]; output, gradOutput [..., features].
 * Errors: an input or gradOutput that is no float tensor; features that are no multiple of the pieces; a gradOutput
 *         of another shape than the output.
 * Source: Goodfellow et al. 2013, "Maxout networks", arXiv:1302.4389, section 3.
 */
export interface MaxoutCache {
  readonly input: Tensor;
  readonly output: Tensor;
}

export class Maxout extends Module<Tensor, Tensor, MaxoutCache> {
  readonly pieces: number;

  constructor(pieces: number) {
    super();
    checkSize(this, 'pieces', pieces);
    this.pieces = pieces;
  }

  forward(input: Tensor): ForwardResult<Tensor, MaxoutCache> {
    checkInput(this, input);
    const length = input.shape[input.rank - 1];
    if (length % this.pieces !== 0) {
      throw new BoxError(
        ['Maxout.forward'],
        `expected input of shape [..., features * ${this.pieces}], got [${input.shape.join(', ')}]`,
      );
    }
    const outputShape = [...input.shape.slice(0, -1), length / this.pieces];
    const output = tidy(() => reshape(maxPool2d(rows(input), this.#windows(input)), outputShape));
    return { output, cache: { input: input.clone(), output: output.clone() } };
  }

  backpropToInput(gradOutput: Tensor, { input, output }: MaxoutCache): Tensor {
    checkGradOutput(this, 'backpropToInput', gradOutput, output.shape);
    return tidy(() => {
      const windows = this.#windows(input);
      return reshape(
        maxPool2dToInput(rows(gradOutput), rows(input), rows(output), windows),
        input.shape,
      );
    });
  }

  #windows({ shape }: Tensor): Geometry {
    const length = shape[shape.length - 1];
    return {
      height: axisGeometry(1, 1, 1, 1, 0),
      width: axisGeometry(length, this.pieces, this.pieces, 1, 0),
    };
  }
}

/** Each row of features as an image of height 1 and one channel. */
function rows(x: Tensor): Tensor4D {
  const length = x.shape[x.rank - 1];
  return reshape(x, [x.size / length, 1, length, 1]);
}
