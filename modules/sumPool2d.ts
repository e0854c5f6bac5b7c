import type { Tensor4D } from '@tensorflow/tfjs-core';
import { checkGradOutput, checkTensor } from '../lib/check.ts';
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

/**
 * The sum of each window, channel by channel; windows may overlap.
 *
 *   forward          x_out[n,i,j,c] = Σ_pq x_in[n, i·s + p − t, j·s + q − t, c],  p < K_h, q < K_w
 *   backpropToInput  ∂C/∂x_in[n,y,x,c] = Σ_{(i,p): i·s+p−t=y} Σ_{(j,q): j·s+q−t=x} ∂C/∂x_out[n,i,j,c]
 *
 * with stride s and t cells of padding (taken per axis), x_in being 0 in the padding.
 *
 * `ceilMode` rounds H' and W' up: a last window may reach over the end, if it starts inside the input or the padding
 * before it.
 *
 * Shapes: input [N, H, W, C]; output, gradOutput [N, H', W', C], H' = ⌊(H + padding − K_h)/s⌋ + 1.
 * Errors: an input or gradOutput of another shape or dtype; a kernel larger than the padded input; padding of more
 *         than half the kernel, which would leave windows without a pixel.
 * Source: lecture, "Pooling"; the sizes are those of PyTorch's AvgPool2d.
 */
export interface SumPool2DOptions {
  /** The kernel's size by default, so that windows tile the image. */
  readonly stride?: Pair;
  readonly padding?: Padding;
  readonly ceilMode?: boolean;
}

export interface SumPool2DCache {
  readonly inputShape: readonly [number, number, number, number];
  readonly geometry: Geometry;
}

export class SumPool2D extends Module<Tensor4D, Tensor4D, SumPool2DCache> {
  readonly kernelSize: readonly [number, number];
  readonly stride: readonly [number, number];
  readonly padding: Padding;
  readonly ceilMode: boolean;

  constructor(kernelSize: Pair, options: SumPool2DOptions = {}) {
    super();
    this.kernelSize = pair(this, 'kernelSize', kernelSize);
    this.stride = pair(this, 'stride', options.stride ?? this.kernelSize);
    this.padding = checkPadding(this, options.padding ?? 'valid');
    checkPoolPadding(this, this.kernelSize, this.padding);
    this.ceilMode = options.ceilMode ?? false;
  }

  forward(input: Tensor4D): ForwardResult<Tensor4D, SumPool2DCache> {
    checkTensor(this, 'forward', 'input', input, ['N', 'H', 'W', 'C']);
    const geometry = convGeometry(this, input.shape[1], input.shape[2], {
      ...this,
      dilation: [1, 1],
    });
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
}

function sums({ height, width }: Geometry): ImageMap {
  return { height: windowSums(height), width: windowSums(width) };
}
