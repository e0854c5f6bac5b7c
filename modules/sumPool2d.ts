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
import { mapImage, mapImageToInput, type ImageMap } from '../lib/kernels/pad/axisMap.ts';
import { windowSums } from '../lib/kernels/pool/windowMap.ts';
import { Module, type ForwardResult } from '../lib/module.ts';
import { describeWindows, poolFacts } from '../lib/window.ts';

/** The options of `SumPool2D`. */
export interface SumPool2DOptions {
  /** s, in pixels; the kernel's size by default, so that the windows tile the image. */
  readonly stride?: Pair;
  /**
   * The number of pixels that are added on each side, or a pair of such numbers; `'valid'` adds
   * none and is the default; `'same'` gives ⌈size/stride⌉ outputs.
   */
  readonly padding?: Padding;
  /** Whether the size of the output is rounded up; false by default. */
  readonly ceilMode?: boolean;
}

/** The values that `SumPool2D` keeps for its backward method. */
export interface SumPool2DCache {
  readonly inputShape: readonly [number, number, number, number];
  readonly geometry: Geometry;
}

/**
 * The sum of each window, channel by channel; windows may overlap.
 *
 *   forward          x_out[n,i,j,c] = Σ_pq x_in[n, i·s + p − t, j·s + q − t, c]
 *   backpropToInput  ∂C/∂x_in[n,y,x,c] = Σ_{(i,p): i·s+p−t=y} Σ_{(j,q): j·s+q−t=x} g[n,i,j,c]
 *
 * with g = ∂C/∂x_out, p < K_h, q < K_w, stride s and t pixels of padding (both per axis), and
 * x_in = 0 in the padding.
 *
 * `ceilMode` rounds H' and W' up: a last window may extend beyond the end if it starts inside the
 * input or the padding before it.
 *
 * Shapes: input [N, H, W, C]; output, gradOutput [N, H', W', C], H' = ⌊(H + P − K_h)/s⌋ + 1, where
 *         P is the total padding of both sides.
 * Errors: an input or gradOutput of the wrong shape or dtype; a kernel larger than the padded
 *         input; padding of more than half the kernel, which would leave windows without a pixel.
 * Source: lecture, "Pooling"; the sizes are those of PyTorch's AvgPool2d.
 *
 *     const box = new SumPool2D(2);
 *     box.infer(images);   // [N, ⌊H/2⌋, ⌊W/2⌋, C]
 */
export class SumPool2D extends Module<Tensor4D, Tensor4D, SumPool2DCache> {
  override readonly hidesInfinity = false;
  readonly kernelSize: readonly [number, number];
  readonly stride: readonly [number, number];
  readonly padding: Padding;
  readonly ceilMode: boolean;

  constructor(kernelSize: Pair, options: SumPool2DOptions = {}) {
    super();
    checkOptions(this, options, ['stride', 'padding', 'ceilMode']);
    this.kernelSize = pair(this, 'kernelSize', kernelSize);
    this.stride = pair(this, 'stride', options.stride ?? this.kernelSize);
    this.padding = checkPadding(this, options.padding ?? 'valid');
    checkPoolPadding(this, this.kernelSize, this.padding);
    this.ceilMode = options.ceilMode ?? false;
  }

  forward(input: Tensor4D): ForwardResult<Tensor4D, SumPool2DCache> {
    checkTensor(this, 'forward', 'input', input, ['N', 'H', 'W', 'C']);
    const geometry = this.#geometry(input.shape);
    return {
      output: mapImage(input, sums(geometry)),
      cache: { inputShape: input.shape, geometry },
    };
  }

  backpropToInput(gradOutput: Tensor4D, { inputShape, geometry }: SumPool2DCache): Tensor4D {
    const [batch, , , channels] = inputShape;
    const outputShape = [batch, geometry.height.output, geometry.width.output, channels];
    checkGradOutput(this, 'backpropToInput', gradOutput, outputShape);
    return mapImageToInput(gradOutput, sums(geometry));
  }

  override facts([input]: readonly Shape[]): Facts {
    checkShape(this, 'forward', 'input', input, ['N', 'H', 'W', 'C']);
    const { height, width } = this.#geometry(input);
    return poolFacts(input, [height, width]);
  }

  override describe(): string {
    return `SumPool2D: ${describeWindows(this)}`;
  }

  #geometry([, height, width]: Shape): Geometry {
    return convGeometry(this, height, width, this);
  }
}

function sums({ height, width }: Geometry): ImageMap {
  return { height: windowSums(height), width: windowSums(width) };
}
