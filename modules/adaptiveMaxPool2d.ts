import type { Tensor, Tensor4D } from '@tensorflow/tfjs-core';
import { checkGradOutput, checkShape, checkTensor } from '../lib/check.ts';
import type { Facts, Shape } from '../lib/facts.ts';
import { pair, type Pair } from '../lib/geometry.ts';
import { maxOfCells, maxOfCellsToInput } from '../lib/kernels/pool/maxOfCells.ts';
import { coverAxes } from '../lib/kernels/pool/windowCells.ts';
import { windowsThatCover } from '../lib/kernels/pool/windowMap.ts';
import { Module, type ForwardResult } from '../lib/module.ts';
import { coveringAxis, samePosition } from '../lib/window.ts';

/** The values that `AdaptiveMaxPool2D` keeps for its backward method. */
export interface AdaptiveMaxPool2DCache {
  readonly input: Tensor4D;
  readonly output: Tensor4D;
  /** The index of the largest pixel of each window, on backends whose kernel returns it. */
  readonly winners?: Tensor;
}

/**
 * The largest value of each of a given number of windows, H' by W', for images of any size. The
 * windows are those of `AdaptiveAvgPool2D`: they cover the image and have nearly the same size.
 * They overlap if H' does not divide H. If H' is larger than H, several windows contain the same
 * pixels.
 *
 *   forward          x_out[n,i,j,c] = max_{y∈R_i, x∈Q_j} x_in[n,y,x,c]
 *   backpropToInput  ∂C/∂x_in[n,y,x,c] = Σ_{(i,j): (y,x) wins window (i,j)} ∂C/∂x_out[n,i,j,c]
 *
 * with the rows R_i = { y: ⌊i·H/H'⌋ ≤ y < ⌈(i+1)·H/H'⌉ } of window (i, j); its columns Q_j are
 * defined in the same way with W and W'. If several are equal, the first one, row by row, wins and
 * gets the whole gradient. A pixel that wins several windows gets the sum. The maximum of values
 * with a NaN is NaN.
 *
 * Shapes: input [N, H, W, C] of any H and W; output, gradOutput [N, H', W', C],
 *         [H', W'] = outputSize.
 * Errors: an input or gradOutput of the wrong shape or dtype; a bad outputSize.
 * Source: PyTorch's AdaptiveMaxPool2d.
 *
 *     const box = new AdaptiveMaxPool2D([2, 3]);
 *     box.infer(images);   // [N, 2, 3, C]
 */
export class AdaptiveMaxPool2D extends Module<Tensor4D, Tensor4D, AdaptiveMaxPool2DCache> {
  override readonly hidesInfinity = true;
  readonly outputSize: readonly [number, number];

  constructor(outputSize: Pair) {
    super();
    this.outputSize = pair(this, 'outputSize', outputSize);
  }

  forward(input: Tensor4D): ForwardResult<Tensor4D, AdaptiveMaxPool2DCache> {
    checkTensor(this, 'forward', 'input', input, ['N', 'H', 'W', 'C']);
    const { output, winners } = maxOfCells(input, coverAxes(input.shape, this.outputSize));
    return {
      output,
      cache: { input: input.clone(), output: output.clone(), ...(winners && { winners }) },
    };
  }

  backpropToInput(
    gradOutput: Tensor4D,
    { input, output, winners }: AdaptiveMaxPool2DCache,
  ): Tensor4D {
    checkGradOutput(this, 'backpropToInput', gradOutput, output.shape);
    const windows = coverAxes(input.shape, this.outputSize);
    return maxOfCellsToInput(gradOutput, input, output, windows, winners);
  }

  override facts([input]: readonly Shape[]): Facts {
    checkShape(this, 'forward', 'input', input, ['N', 'H', 'W', 'C']);
    const axes = this.outputSize.map((size, i) =>
      coveringAxis(windowsThatCover(input[1 + i], size)),
    );
    return {
      outputShape: [input[0], ...this.outputSize, input[3]],
      window: { axes, channels: samePosition },
      multiplyAdds: 0,
    };
  }

  override describe(): string {
    return `AdaptiveMaxPool2D to ${this.outputSize.join('x')}`;
  }
}
