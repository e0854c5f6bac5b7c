import type { Tensor3D } from '@tensorflow/tfjs-core';
import { checkGradOutput, checkOptions, checkShape, checkSize, checkTensor } from '../lib/check.ts';
import type { Facts, Shape } from '../lib/facts.ts';
import { checkPadding1D, checkPoolPadding, type Axis, type Padding1D } from '../lib/geometry.ts';
import { mapAxis, transposed } from '../lib/kernels/pad/axisMap.ts';
import { windowMeans } from '../lib/kernels/pool/windowMap.ts';
import { Module, type ForwardResult } from '../lib/module.ts';
import { sequenceGeometry } from '../lib/sequence.ts';
import { poolFacts } from '../lib/window.ts';

/** The options of `AvgPool1D`. */
export interface AvgPool1DOptions {
  /** s, in elements of the sequence; the kernel's size by default, so that the windows tile it. */
  readonly stride?: number;
  /**
   * The number of elements that are added on each side; `'valid'` adds none and is the default;
   * `'same'` gives ⌈length/stride⌉ outputs.
   */
  readonly padding?: Padding1D;
  /** Whether the output length is rounded up; false by default. */
  readonly ceilMode?: boolean;
  /** Whether the zeros of the padding count in the average; true by default. */
  readonly countIncludePad?: boolean;
}

/** The values that `AvgPool1D` keeps for its backward method. */
export interface AvgPool1DCache {
  readonly inputShape: readonly [number, number, number];
  readonly length: Axis;
}

/**
 * The average of each window of a sequence, channel by channel; windows may overlap.
 *
 *   forward          x_out[n,i,c] = 1/a_i Σ_p x_in[n, i·s + p − t, c],  p < K
 *   backpropToInput  ∂C/∂x_in[n,x,c] = Σ_{(i,p): i·s+p−t=x} 1/a_i ∂C/∂x_out[n,i,c]
 *
 * with stride s and t elements of padding, and x_in = 0 in the padding. a_i counts the window's
 * elements inside the padded input, or, without `countIncludePad`, inside the input; forward and
 * backward divide by the same a_i.
 *
 * `ceilMode` rounds L' up: a last window may extend beyond the end if it starts inside the input or
 * the padding before it. Elements beyond the padding never count.
 *
 * Shapes: input [N, L, C]; output, gradOutput [N, L', C], L' = ⌊(L + P − K)/s⌋ + 1, where P is the
 *         total padding of both sides.
 * Errors: an input or gradOutput of the wrong shape or dtype; a kernel larger than the padded
 *         input; padding of more than half the kernel, which would leave windows without an
 *         element.
 * Source: lecture, "Pooling"; the sizes and counts are those of PyTorch's AvgPool1d.
 *
 *     const box = new AvgPool1D(2);
 *     box.infer(sequences);   // [N, ⌊L/2⌋, C]
 */
export class AvgPool1D extends Module<Tensor3D, Tensor3D, AvgPool1DCache> {
  override readonly hidesInfinity = false;
  readonly kernelSize: number;
  readonly stride: number;
  readonly padding: Padding1D;
  readonly ceilMode: boolean;
  readonly countIncludePad: boolean;

  constructor(kernelSize: number, options: AvgPool1DOptions = {}) {
    super();
    checkOptions(this, options, ['stride', 'padding', 'ceilMode', 'countIncludePad']);
    const { stride = kernelSize, padding = 'valid' } = options;
    checkSize(this, 'kernelSize', kernelSize);
    checkSize(this, 'stride', stride);
    this.kernelSize = kernelSize;
    this.stride = stride;
    this.padding = checkPadding1D(this, padding);
    checkPoolPadding(this, [kernelSize], padding);
    this.ceilMode = options.ceilMode ?? false;
    this.countIncludePad = options.countIncludePad ?? true;
  }

  forward(input: Tensor3D): ForwardResult<Tensor3D, AvgPool1DCache> {
    checkTensor(this, 'forward', 'input', input, ['N', 'L', 'C']);
    const length = this.#axis(input.shape);
    const output = mapAxis(input, 1, windowMeans(length, this.countIncludePad));
    return { output, cache: { inputShape: input.shape, length } };
  }

  backpropToInput(gradOutput: Tensor3D, { inputShape, length }: AvgPool1DCache): Tensor3D {
    const [batch, , channels] = inputShape;
    checkGradOutput(this, 'backpropToInput', gradOutput, [batch, length.output, channels]);
    return mapAxis(gradOutput, 1, transposed(windowMeans(length, this.countIncludePad)));
  }

  override facts([input]: readonly Shape[]): Facts {
    checkShape(this, 'forward', 'input', input, ['N', 'L', 'C']);
    return poolFacts(input, [this.#axis(input)]);
  }

  #axis([, length]: Shape): Axis {
    return sequenceGeometry(this, length, this).width;
  }
}
