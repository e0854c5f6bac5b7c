import type { Tensor4D } from '@tensorflow/tfjs-core';
import { checkGradOutput, checkTensor } from '../lib/check.ts';
import { pair, type Pair } from '../lib/geometry.ts';
import { mapImage, mapImageToInput, type ImageMap } from '../lib/kernels/pad/axisMap.ts';
import { windowsThatCover } from '../lib/kernels/pool/windowMap.ts';
import { Module, type ForwardResult } from '../lib/module.ts';

/**
 * Averages over as many windows as are asked for, H' by W', whatever the size of the image. Together they cover it,
 * nearly alike in size; they overlap where H' does not divide H, and repeat pixels where H' is larger.
 *
 *   rows of window i   R_i = { y: ⌊i·H/H'⌋ ≤ y < ⌈(i+1)·H/H'⌉ },  its columns Q_j likewise with W, W'
 *   forward            x_out[n,i,j,c] = 1/(|R_i| |Q_j|) Σ_{y∈R_i, x∈Q_j} x_in[n,y,x,c]
 *   backpropToInput    ∂C/∂x_in[n,y,x,c] = Σ_{(i,j): y∈R_i, x∈Q_j} 1/(|R_i| |Q_j|) ∂C/∂x_out[n,i,j,c]
 *
 * Shapes: input [N, H, W, C] of any H and W; output, gradOutput [N, H', W', C], [H', W'] = outputSize.
 * Errors: an input or gradOutput of another shape or dtype; a bad outputSize.
 * Source: PyTorch's AdaptiveAvgPool2d.
 */
export interface AdaptiveAvgPool2DCache {
  readonly inputShape: readonly [number, number, number, number];
}

export class AdaptiveAvgPool2D extends Module<Tensor4D, Tensor4D, AdaptiveAvgPool2DCache> {
  readonly outputSize: readonly [number, number];

  constructor(outputSize: Pair) {
    super();
    this.outputSize = pair(this, 'outputSize', outputSize);
  }

  forward(input: Tensor4D): ForwardResult<Tensor4D, AdaptiveAvgPool2DCache> {
    checkTensor(this, 'forward', 'input', input, ['N', 'H', 'W', 'C']);
    return {
      output: mapImage(input, this.#means(input.shape)),
      cache: { inputShape: input.shape },
    };
  }

  backpropToInput(gradOutput: Tensor4D, { inputShape }: AdaptiveAvgPool2DCache): Tensor4D {
    const [batch, , , channels] = inputShape;
    checkGradOutput(this, 'backpropToInput', gradOutput, [batch, ...this.outputSize, channels]);
    return mapImageToInput(gradOutput, this.#means(inputShape));
  }

  #means([, height, width]: readonly [number, number, number, number]): ImageMap {
    const [outHeight, outWidth] = this.outputSize;
    return {
      height: windowsThatCover(height, outHeight),
      width: windowsThatCover(width, outWidth),
    };
  }
}
