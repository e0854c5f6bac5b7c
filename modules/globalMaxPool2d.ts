import { reshape, tidy, type Tensor, type Tensor2D, type Tensor4D } from '@tensorflow/tfjs-core';
import { checkGradOutput, checkShape, checkTensor } from '../lib/check.ts';
import type { Facts, Shape } from '../lib/facts.ts';
import { maxOfCells, maxOfCellsToInput } from '../lib/kernels/pool/maxOfCells.ts';
import { coverAxes } from '../lib/kernels/pool/windowCells.ts';
import { Module, type ForwardResult } from '../lib/module.ts';

/** The values that `GlobalMaxPool2D` keeps for its backward method. */
export interface GlobalMaxPool2DCache {
  readonly input: Tensor4D;
  /** The maxima as images of one pixel, [N, 1, 1, C]. */
  readonly maxima: Tensor4D;
  /** The index of the largest pixel of each channel, on backends whose kernel returns it. */
  readonly winners?: Tensor;
}

/**
 * The largest value of each channel over the whole image. The output is a vector per example, so a
 * `Linear` may follow. (`AdaptiveMaxPool2D(1)` computes the same values, as an image of one pixel.)
 *
 *   forward          x_out[n,c] = max_yx x_in[n,y,x,c]
 *   backpropToInput  ∂C/∂x_in[n,y,x,c] = ∂C/∂x_out[n,c] · 1[(y,x) wins channel c of example n]
 *
 * If several are equal, the first one, row by row, wins and gets the whole gradient. The maximum of
 * values with a NaN is NaN.
 *
 * Shapes: input [N, H, W, C] of any H and W; output, gradOutput [N, C].
 * Errors: an input or gradOutput of the wrong shape or dtype.
 * Source: Oquab, Bottou, Laptev, Sivic 2015, "Is object localization for free?", CVPR, section 3.2;
 *         ONNX's GlobalMaxPool.
 *
 *     const box = new GlobalMaxPool2D();
 *     box.infer(images);   // [N, C]
 */
export class GlobalMaxPool2D extends Module<Tensor4D, Tensor2D, GlobalMaxPool2DCache> {
  override readonly hidesInfinity = true;

  forward(input: Tensor4D): ForwardResult<Tensor2D, GlobalMaxPool2DCache> {
    checkTensor(this, 'forward', 'input', input, ['N', 'H', 'W', 'C']);
    const [batch, , , channels] = input.shape;
    const { output: maxima, winners } = maxOfCells(input, coverAxes(input.shape, [1, 1]));
    const output: Tensor2D = reshape(maxima, [batch, channels]);
    return { output, cache: { input: input.clone(), maxima, ...(winners && { winners }) } };
  }

  backpropToInput(
    gradOutput: Tensor2D,
    { input, maxima, winners }: GlobalMaxPool2DCache,
  ): Tensor4D {
    const [batch, , , channels] = maxima.shape;
    checkGradOutput(this, 'backpropToInput', gradOutput, [batch, channels]);
    const windows = coverAxes(input.shape, [1, 1]);
    return tidy(() =>
      maxOfCellsToInput(reshape(gradOutput, maxima.shape), input, maxima, windows, winners),
    );
  }

  override facts([input]: readonly Shape[]): Facts {
    checkShape(this, 'forward', 'input', input, ['N', 'H', 'W', 'C']);
    return { outputShape: [input[0], input[3]], window: 'globalPerChannel', multiplyAdds: 0 };
  }
}
