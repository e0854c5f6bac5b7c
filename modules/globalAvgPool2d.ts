import { reshape, tidy, type Tensor2D, type Tensor4D } from '@tensorflow/tfjs-core';
import { checkGradOutput, checkShape, checkTensor } from '../lib/check.ts';
import type { Facts, Shape } from '../lib/facts.ts';
import { mapImage, mapImageToInput, type ImageMap } from '../lib/kernels/pad/axisMap.ts';
import { windowsThatCover } from '../lib/kernels/pool/windowMap.ts';
import { Module, type ForwardResult } from '../lib/module.ts';

/** The values that `GlobalAvgPool2D` keeps for its backward method. */
export interface GlobalAvgPool2DCache {
  readonly inputShape: readonly [number, number, number, number];
}

/**
 * The average of each channel over the whole image. The output is a vector per example, so a
 * `Linear` may follow. (`AdaptiveAvgPool2D(1)` computes the same values, as an image of one pixel.)
 *
 *   forward          x_out[n,c] = 1/(H·W) Σ_yx x_in[n,y,x,c]
 *   backpropToInput  ∂C/∂x_in[n,y,x,c] = 1/(H·W) ∂C/∂x_out[n,c]
 *
 * Shapes: input [N, H, W, C] of any H and W; output, gradOutput [N, C].
 * Errors: an input or gradOutput of the wrong shape or dtype.
 * Source: Lin, Chen, Yan 2013, "Network in network", arXiv:1312.4400, section 3.2.
 *
 *     const box = new GlobalAvgPool2D();
 *     box.infer(images);   // [N, C]
 */
export class GlobalAvgPool2D extends Module<Tensor4D, Tensor2D, GlobalAvgPool2DCache> {
  override readonly hidesInfinity = false;

  forward(input: Tensor4D): ForwardResult<Tensor2D, GlobalAvgPool2DCache> {
    checkTensor(this, 'forward', 'input', input, ['N', 'H', 'W', 'C']);
    const [batch, height, width, channels] = input.shape;
    const output: Tensor2D = tidy(() =>
      reshape(mapImage(input, whole(height, width)), [batch, channels]),
    );
    return { output, cache: { inputShape: input.shape } };
  }

  backpropToInput(gradOutput: Tensor2D, { inputShape }: GlobalAvgPool2DCache): Tensor4D {
    const [batch, height, width, channels] = inputShape;
    checkGradOutput(this, 'backpropToInput', gradOutput, [batch, channels]);
    return tidy(() =>
      mapImageToInput(reshape(gradOutput, [batch, 1, 1, channels]), whole(height, width)),
    );
  }

  override facts([input]: readonly Shape[]): Facts {
    checkShape(this, 'forward', 'input', input, ['N', 'H', 'W', 'C']);
    return { outputShape: [input[0], input[3]], window: 'globalPerChannel', multiplyAdds: 0 };
  }
}

/** Makes a single window as large as the image. */
function whole(height: number, width: number): ImageMap {
  return { height: windowsThatCover(height, 1), width: windowsThatCover(width, 1) };
}
