import type { Tensor4D } from '@tensorflow/tfjs-core';
import { checkGradOutput, checkShape, checkTensor } from '../lib/check.ts';
import type { Facts, Shape } from '../lib/facts.ts';
import { pair, type Pair } from '../lib/geometry.ts';
import { mapImage, mapImageToInput, type ImageMap } from '../lib/kernels/pad/axisMap.ts';
import { windowsThatCover } from '../lib/kernels/pool/windowMap.ts';
import { Module, type ForwardResult } from '../lib/module.ts';
import { coveringAxis, samePosition } from '../lib/window.ts';

/** The values that `AdaptiveAvgPool2D` keeps for its backward method. */
export interface AdaptiveAvgPool2DCache {
  readonly inputShape: readonly [number, number, number, number];
}

/**
 * Averages over a given number of windows, H' by W', for images of any size. The windows cover the
 * image and have nearly the same size. They overlap if H' does not divide H. If H' is larger than
 * H, several windows contain the same pixels.
 *
 *   forward          x_out[n,i,j,c] = 1/(|R_i| |Q_j|) Σ_{y∈R_i, x∈Q_j} x_in[n,y,x,c]
 *   backpropToInput  ∂C/∂x_in[n,y,x,c] = Σ_{(i,j): y∈R_i, x∈Q_j} 1/(|R_i| |Q_j|) g[n,i,j,c]
 *
 * with g = ∂C/∂x_out; the rows of window (i, j) are R_i = { y: ⌊i·H/H'⌋ ≤ y < ⌈(i+1)·H/H'⌉ }, and
 * its columns Q_j are defined in the same way with W and W'.
 *
 * Shapes: input [N, H, W, C] of any H and W; output, gradOutput [N, H', W', C],
 *         [H', W'] = outputSize.
 * Errors: an input or gradOutput of the wrong shape or dtype; a bad outputSize.
 * Source: PyTorch's AdaptiveAvgPool2d.
 *
 *     const box = new AdaptiveAvgPool2D([2, 3]);
 *     box.infer(images);   // [N, 2, 3, C]
 */
export class AdaptiveAvgPool2D extends Module<Tensor4D, Tensor4D, AdaptiveAvgPool2DCache> {
  override readonly hidesInfinity = false;
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

  override facts([input]: readonly Shape[]): Facts {
    checkShape(this, 'forward', 'input', input, ['N', 'H', 'W', 'C']);
    const { height, width } = this.#means(input);
    return {
      outputShape: [input[0], ...this.outputSize, input[3]],
      window: { axes: [height, width].map(coveringAxis), channels: samePosition },
      multiplyAdds: 0,
    };
  }

  override describe(): string {
    return `AdaptiveAvgPool2D to ${this.outputSize.join('x')}`;
  }

  #means([, height, width]: Shape): ImageMap {
    const [outHeight, outWidth] = this.outputSize;
    return {
      height: windowsThatCover(height, outHeight),
      width: windowsThatCover(width, outWidth),
    };
  }
}
