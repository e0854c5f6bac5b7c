import type { Tensor3D } from '@tensorflow/tfjs-core';
import { checkGradOutput, checkSize, checkTensor } from '../lib/check.ts';
import {
  checkFits,
  checkPadding1D,
  checkPoolPadding,
  axisGeometry,
  type Axis,
  type Padding1D,
} from '../lib/geometry.ts';
import { mapAxis, transposed } from '../lib/kernels/pad/axisMap.ts';
import { windowMeans } from '../lib/kernels/pool/windowMap.ts';
import { Module, type ForwardResult } from '../lib/module.ts';

/**
 * The average of each window of a sequence, channel by channel; windows may overlap.
 *
 *   forward          x_out[n,i,c] = 1/a_i Σ_p x_in[n, i·s + p − t, c],  p < K
 *   backpropToInput  ∂C/∂x_in[n,x,c] = Σ_{(i,p): i·s+p−t=x} 1/a_i ∂C/∂x_out[n,i,c]
 *
 * with stride s and t cells of padding, x_in being 0 in the padding. The count a_i is that of the window's cells
 * inside the padded input, or, without `countIncludePad`, inside the input; both arrows divide by the same.
 *
 * `ceilMode` rounds L' up: a last window may reach over the end, if it starts inside the input or the padding before
 * it. What lies past the padding never counts.
 *
 * Shapes: input [N, L, C]; output, gradOutput [N, L', C], L' = ⌊(L + padding − K)/s⌋ + 1.
 * Errors: an input or gradOutput of another shape or dtype; a kernel larger than the padded input; padding of more
 *         than half the kernel, which would leave windows without a cell.
 * Source: lecture, "Pooling"; the sizes and counts are those of PyTorch's AvgPool1d.
 */
export interface AvgPool1DOptions {
  /** The kernel's size by default, so that windows tile the sequence. */
  readonly stride?: number;
  readonly padding?: Padding1D;
  readonly ceilMode?: boolean;
  /** Whether the zeros of the padding count (the default). */
  readonly countIncludePad?: boolean;
}

export interface AvgPool1DCache {
  readonly inputShape: readonly [number, number, number];
  readonly length: Axis;
}

export class AvgPool1D extends Module<Tensor3D, Tensor3D, AvgPool1DCache> {
  readonly kernelSize: number;
  readonly stride: number;
  readonly padding: Padding1D;
  readonly ceilMode: boolean;
  readonly countIncludePad: boolean;

  constructor(kernelSize: number, options: AvgPool1DOptions = {}) {
    super();
    const {
      stride = kernelSize,
      padding = 'valid',
      ceilMode = false,
      countIncludePad = true,
    } = options;
    checkSize(this, 'kernelSize', kernelSize);
    checkSize(this, 'stride', stride);
    this.kernelSize = kernelSize;
    this.stride = stride;
    this.padding = checkPadding1D(this, padding);
    checkPoolPadding(this, [kernelSize], padding);
    this.ceilMode = ceilMode;
    this.countIncludePad = countIncludePad;
  }

  forward(input: Tensor3D): ForwardResult<Tensor3D, AvgPool1DCache> {
    checkTensor(this, 'forward', 'input', input, ['N', 'L', 'C']);
    const length = axisGeometry(
      input.shape[1],
      this.kernelSize,
      this.stride,
      1,
      this.padding,
      this.ceilMode,
    );
    checkFits(this, [length]);
    const output = mapAxis(input, 1, windowMeans(length, this.countIncludePad));
    return { output, cache: { inputShape: input.shape, length } };
  }

  backpropToInput(gradOutput: Tensor3D, { inputShape, length }: AvgPool1DCache): Tensor3D {
    const [batch, , channels] = inputShape;
    checkGradOutput(this, 'backpropToInput', gradOutput, [batch, length.output, channels]);
    return mapAxis(gradOutput, 1, transposed(windowMeans(length, this.countIncludePad)));
  }
}
