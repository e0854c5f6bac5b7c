import type { Tensor, Tensor4D } from '@tensorflow/tfjs-core';
import { checkGradOutput, checkOptions, checkShape, checkTensor, nameOf } from '../lib/check.ts';
import { BoxError } from '../lib/errors.ts';
import {
  checkPadding,
  checkPoolPadding,
  pair,
  convGeometry,
  type Geometry,
  type Padding,
  type Pair,
} from '../lib/geometry.ts';
import { maxOfCells, maxOfCellsToInput } from '../lib/kernels/pool/maxOfCells.ts';
import {
  dilatedWindows,
  hasEmptyWindow,
  type WindowAxes,
} from '../lib/kernels/pool/windowCells.ts';
import { describeWindows, poolFacts } from '../lib/window.ts';
import type { Facts, Shape } from '../lib/facts.ts';
import { Module, type ForwardResult } from '../lib/module.ts';

/** The options of `MaxPool2D`. */
export interface MaxPool2DOptions {
  /** s, in pixels; the kernel's size by default, so that the windows tile the image. */
  readonly stride?: Pair;
  /**
   * The number of pixels that are added on each side, or a pair of such numbers; `'valid'` adds
   * none and is the default; `'same'` gives ⌈size/stride⌉ outputs.
   */
  readonly padding?: Padding;
  /** d, the distance between the pixels of a window; 1 by default. */
  readonly dilation?: Pair;
  /** Whether the size of the output is rounded up; false by default. */
  readonly ceilMode?: boolean;
}

/** The values that `MaxPool2D` keeps for its backward method. */
export interface MaxPool2DCache {
  readonly input: Tensor4D;
  readonly output: Tensor4D;
  /** The index of the largest pixel of each window, on backends whose kernel returns it. */
  readonly winners?: Tensor;
  readonly geometry: Geometry;
}

/**
 * The largest value of each window, channel by channel; windows may overlap.
 *
 *   forward          x_out[n,i,j,c] = max_pq x_in[n, i·s + p·d − t, j·s + q·d − t, c]
 *   backpropToInput  ∂C/∂x_in[n,y,x,c] = Σ_{(i,j): (y,x) wins window (i,j)} ∂C/∂x_out[n,i,j,c]
 *
 * with p < K_h, q < K_w, stride s, dilation d and t pixels of padding (all per axis). If several
 * are equal, the first one, row by row, wins and gets the whole gradient. Padding is never the
 * maximum. A pixel that wins several windows gets the sum; a pixel that wins none, or lies in no
 * window, gets 0.
 *
 * `ceilMode` rounds H' and W' up: a last window may extend beyond the end if it starts inside the
 * input or the padding before it.
 *
 * Shapes: input [N, H, W, C]; output, gradOutput [N, H', W', C],
 *         H' = ⌊(H + P − d (K_h − 1) − 1)/s⌋ + 1, where P is the total padding of both sides.
 * Errors: an input or gradOutput of the wrong shape or dtype; a kernel larger than the padded
 *         input; padding of more than half the kernel, which would leave windows without a pixel,
 *         and other windows without one, which dilation may leave.
 * Source: lecture, "Pooling" and the second problem set; the sizes are those of PyTorch's
 *         MaxPool2d.
 *
 *     const box = new MaxPool2D(2);
 *     box.infer(images);   // [N, ⌊H/2⌋, ⌊W/2⌋, C]
 */
export class MaxPool2D extends Module<Tensor4D, Tensor4D, MaxPool2DCache> {
  override readonly hidesInfinity = true;
  readonly kernelSize: readonly [number, number];
  readonly stride: readonly [number, number];
  readonly padding: Padding;
  readonly dilation: readonly [number, number];
  readonly ceilMode: boolean;

  constructor(kernelSize: Pair, options: MaxPool2DOptions = {}) {
    super();
    checkOptions(this, options, ['stride', 'padding', 'dilation', 'ceilMode']);
    this.kernelSize = pair(this, 'kernelSize', kernelSize);
    this.stride = pair(this, 'stride', options.stride ?? this.kernelSize);
    this.padding = checkPadding(this, options.padding ?? 'valid');
    this.dilation = pair(this, 'dilation', options.dilation ?? 1);
    checkPoolPadding(this, this.kernelSize, this.padding);
    this.ceilMode = options.ceilMode ?? false;
  }

  forward(input: Tensor4D): ForwardResult<Tensor4D, MaxPool2DCache> {
    checkTensor(this, 'forward', 'input', input, ['N', 'H', 'W', 'C']);
    const geometry = this.#geometry(input.shape);
    const { output, winners } = maxOfCells(input, windowsOf(geometry));
    return {
      output,
      cache: {
        input: input.clone(),
        output: output.clone(),
        ...(winners && { winners }),
        geometry,
      },
    };
  }

  backpropToInput(
    gradOutput: Tensor4D,
    { input, output, winners, geometry }: MaxPool2DCache,
  ): Tensor4D {
    checkGradOutput(this, 'backpropToInput', gradOutput, output.shape);
    return maxOfCellsToInput(gradOutput, input, output, windowsOf(geometry), winners);
  }

  override facts([input]: readonly Shape[]): Facts {
    checkShape(this, 'forward', 'input', input, ['N', 'H', 'W', 'C']);
    const { height, width } = this.#geometry(input);
    return poolFacts(input, [height, width]);
  }

  override describe(): string {
    return `MaxPool2D: ${describeWindows(this)}`;
  }

  #geometry([, height, width]: Shape): Geometry {
    const geometry = convGeometry(this, height, width, this);
    if (hasEmptyWindow(geometry.height) || hasEmptyWindow(geometry.width)) {
      throw new BoxError(
        [`${nameOf(this)}.forward`],
        `expected a pixel in every window, got windows of only padding for an input of ${height}x${width}; use less padding or dilation`,
      );
    }
    return geometry;
  }
}

function windowsOf({ height, width }: Geometry): WindowAxes {
  return { height: dilatedWindows(height), width: dilatedWindows(width) };
}
