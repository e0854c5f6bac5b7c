import { reshape, tidy, transpose, type Tensor4D } from '@tensorflow/tfjs-core';
import { checkGradOutput, checkShape, checkSize, checkTensor, nameOf } from '../lib/check.ts';
import { BoxError } from '../lib/errors.ts';
import type { AxisWindow, Facts, Shape } from '../lib/facts.ts';
import { Module, type ForwardResult } from '../lib/module.ts';
import { groupedChannels } from '../lib/window.ts';

/** The values that `PixelShuffle` keeps for its backward method. */
export interface PixelShuffleCache {
  readonly inputShape: readonly [number, number, number, number];
}

/**
 * Makes images r times as high and wide from groups of r² channels: each pixel of a group becomes a
 * block of r by r pixels of one channel. Super-resolution networks end with it.
 *
 *   forward          x_out[n, r·y + i, r·x + j, c] = x_in[n, y, x, r²·c + r·i + j]
 *   backpropToInput  ∂C/∂x_in[n, y, x, r²·c + r·i + j] = ∂C/∂x_out[n, r·y + i, r·x + j, c]
 *
 * with i < r and j < r. So the r² input channels of one output channel are next to each other, in
 * the order of the block's pixels, row by row. This is the order of PyTorch and of ONNX's
 * DepthToSpace in mode CRD. TensorFlow's depth_to_space has the output channel last: it takes the
 * input channel (r·i + j)·C + c.
 *
 * Shapes: input [N, H, W, C·r²]; output, gradOutput [N, H·r, W·r, C].
 * Errors: an input or gradOutput of the wrong shape or dtype; channels that are not a multiple of
 *         r²; an upscaleFactor that is not an integer of at least 1.
 * Source: Shi et al. 2016, arXiv:1609.05158, equation 4; the order of the channels is that of
 *         PyTorch's nn.PixelShuffle.
 *
 *     const box = new PixelShuffle(2);
 *     box.infer(tensor4d([1, 2, 3, 4], [1, 1, 1, 4]));   // [[1, 2], [3, 4]], one channel
 */
export class PixelShuffle extends Module<Tensor4D, Tensor4D, PixelShuffleCache> {
  override readonly hidesInfinity = false;
  readonly upscaleFactor: number;

  /** @param upscaleFactor r, at least 1. */
  constructor(upscaleFactor: number) {
    super();
    checkSize(this, 'upscaleFactor', upscaleFactor);
    this.upscaleFactor = upscaleFactor;
  }

  forward(input: Tensor4D): ForwardResult<Tensor4D, PixelShuffleCache> {
    checkTensor(this, 'forward', 'input', input, ['N', 'H', 'W', 'C']);
    const outputShape = this.#outputShape(input.shape);
    const [batch, height, width] = input.shape;
    const r = this.upscaleFactor;
    const output: Tensor4D = tidy(() => {
      const apart = reshape(input, [batch * height, width, outputShape[3], r, r]);
      // From the axes [y, x, c, i, j] to [y, i, x, j, c].
      return reshape(transpose(apart, [0, 3, 1, 4, 2]), outputShape);
    });
    return { output, cache: { inputShape: input.shape } };
  }

  backpropToInput(gradOutput: Tensor4D, { inputShape }: PixelShuffleCache): Tensor4D {
    const outputShape = this.#outputShape(inputShape);
    checkGradOutput(this, 'backpropToInput', gradOutput, outputShape);
    const [batch, height, width] = inputShape;
    const r = this.upscaleFactor;
    return tidy(() => {
      const apart = reshape(gradOutput, [batch * height, r, width, r, outputShape[3]]);
      // From the axes [y, i, x, j, c] back to [y, x, c, i, j].
      return reshape(transpose(apart, [0, 2, 4, 1, 3]), [...inputShape]);
    });
  }

  override facts([input]: readonly Shape[]): Facts {
    checkShape(this, 'forward', 'input', input, ['N', 'H', 'W', 'C']);
    const r = this.upscaleFactor;
    const axis: AxisWindow = {
      size: 1,
      step: 1 / r,
      inputsOf: ([first, last]) => [Math.floor(first / r), Math.floor(last / r)],
    };
    return {
      outputShape: this.#outputShape(input),
      // An output depends on one channel of its group, which follows from its place in the block. A
      // window describes each axis independently of the others, so it contains the whole group.
      window: { axes: [axis, axis], channels: groupedChannels(1, r * r) },
      multiplyAdds: 0,
    };
  }

  #outputShape([batch, height, width, channels]: Shape): [number, number, number, number] {
    const r = this.upscaleFactor;
    if (channels % (r * r) !== 0) {
      throw new BoxError(
        [`${nameOf(this)}.forward`],
        `expected input of shape [N, H, W, C * ${r * r}], got [${[batch, height, width, channels].join(', ')}]`,
      );
    }
    return [batch, height * r, width * r, channels / (r * r)];
  }
}
