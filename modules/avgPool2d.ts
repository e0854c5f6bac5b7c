import type { Tensor4D } from '@tensorflow/tfjs-core';
import { checkGradOutput, checkOptions, checkShape, checkTensor } from '../lib/check.ts';
import type { Facts, Shape } from '../lib/facts.ts';
import {
  checkPadding,
  checkPoolPadding,
  pair,
  convGeometry,
  type Geometry,
  type Padding,
  type Pair,
} from '../lib/geometry.ts';
import { avgPool2d, avgPool2dToInput } from '../lib/kernels/pool/avgPool2d.ts';
import { Module, type ForwardResult } from '../lib/module.ts';
import { describeWindows, poolFacts } from '../lib/window.ts';

/** The options of `AvgPool2D`. */
export interface AvgPool2DOptions {
  /** s, in pixels; the kernel's size by default, so that the windows tile the image. */
  readonly stride?: Pair;
  /**
   * The number of pixels that are added on each side, or a pair of such numbers; `'valid'` adds
   * none and is the default; `'same'` gives ⌈size/stride⌉ outputs.
   */
  readonly padding?: Padding;
  /** Whether the size of the output is rounded up; false by default. */
  readonly ceilMode?: boolean;
  /** Whether the zeros of the padding count in the average; true by default. */
  readonly countIncludePad?: boolean;
}

/** The values that `AvgPool2D` keeps for its backward method. */
export interface AvgPool2DCache {
  readonly inputShape: readonly [number, number, number, number];
  readonly geometry: Geometry;
}

/**
 * The average of each window, channel by channel; windows may overlap.
 *
 *   forward          x_out[n,i,j,c] = 1/a_ij Σ_pq x_in[n, i·s + p − t, j·s + q − t, c]
 *   backpropToInput  ∂C/∂x_in[n,y,x,c] = Σ_{(i,p): i·s+p−t=y} Σ_{(j,q): j·s+q−t=x}
 *                                          1/a_ij ∂C/∂x_out[n,i,j,c]
 *
 * with p < K_h, q < K_w, stride s and t pixels of padding (both per axis), and x_in = 0 in the
 * padding. a_ij counts the window's pixels inside the padded input, or, without `countIncludePad`,
 * inside the input; forward and backward divide by the same a_ij.
 *
 * `ceilMode` rounds H' and W' up: a last window may extend beyond the end if it starts inside the
 * input or the padding before it. Pixels beyond the padding never count.
 *
 * Shapes: input [N, H, W, C]; output, gradOutput [N, H', W', C], H' = ⌊(H + P − K_h)/s⌋ + 1, where
 *         P is the total padding of both sides.
 * Errors: an input or gradOutput of the wrong shape or dtype; a kernel larger than the padded
 *         input; padding of more than half the kernel, which would leave windows without a pixel.
 * Source: lecture, "Pooling"; the sizes and counts are those of PyTorch's AvgPool2d.
 *
 *     const box = new AvgPool2D(3, { stride: 2 });
 *     box.infer(images);   // [N, 7, 9, C] to [N, 3, 4, C]
 */
export class AvgPool2D extends Module<Tensor4D, Tensor4D, AvgPool2DCache> {
  override readonly hidesInfinity = false;
  readonly kernelSize: readonly [number, number];
  readonly stride: readonly [number, number];
  readonly padding: Padding;
  readonly ceilMode: boolean;
  readonly countIncludePad: boolean;

  constructor(kernelSize: Pair, options: AvgPool2DOptions = {}) {
    super();
    checkOptions(this, options, ['stride', 'padding', 'ceilMode', 'countIncludePad']);
    this.kernelSize = pair(this, 'kernelSize', kernelSize);
    this.stride = pair(this, 'stride', options.stride ?? this.kernelSize);
    this.padding = checkPadding(this, options.padding ?? 'valid');
    checkPoolPadding(this, this.kernelSize, this.padding);
    this.ceilMode = options.ceilMode ?? false;
    this.countIncludePad = options.countIncludePad ?? true;
  }

  forward(input: Tensor4D): ForwardResult<Tensor4D, AvgPool2DCache> {
    checkTensor(this, 'forward', 'input', input, ['N', 'H', 'W', 'C']);
    const geometry = this.#geometry(input.shape);
    const output = avgPool2d(input, geometry, this.countIncludePad);
    return { output, cache: { inputShape: input.shape, geometry } };
  }

  backpropToInput(gradOutput: Tensor4D, { inputShape, geometry }: AvgPool2DCache): Tensor4D {
    const [batch, , , channels] = inputShape;
    const outputShape = [batch, geometry.height.output, geometry.width.output, channels];
    checkGradOutput(this, 'backpropToInput', gradOutput, outputShape);
    return avgPool2dToInput(gradOutput, geometry, this.countIncludePad);
  }

  override facts([input]: readonly Shape[]): Facts {
    checkShape(this, 'forward', 'input', input, ['N', 'H', 'W', 'C']);
    const { height, width } = this.#geometry(input);
    return poolFacts(input, [height, width]);
  }

  override describe(): string {
    return `AvgPool2D: ${describeWindows(this)}`;
  }

  #geometry([, height, width]: Shape): Geometry {
    return convGeometry(this, height, width, this);
  }
}
