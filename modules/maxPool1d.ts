import { tidy, type Tensor3D } from '@tensorflow/tfjs-core';
import { checkGradOutput, checkOptions, checkShape, checkSize, checkTensor } from '../lib/check.ts';
import type { Facts, Shape } from '../lib/facts.ts';
import {
  checkPadding1D,
  checkPoolPadding,
  type Geometry,
  type Padding1D,
} from '../lib/geometry.ts';
import { maxPool2d, maxPool2dToInput } from '../lib/kernels/pool/maxPool2d.ts';
import { Module, type ForwardResult } from '../lib/module.ts';
import { asImage, asSequence, sequenceGeometry } from '../lib/sequence.ts';
import { poolFacts } from '../lib/window.ts';

/** The options of `MaxPool1D`. */
export interface MaxPool1DOptions {
  /** s, in elements of the sequence; the kernel's size by default, so that the windows tile it. */
  readonly stride?: number;
  /**
   * The number of elements that are added on each side; `'valid'` adds none and is the default;
   * `'same'` gives ⌈length/stride⌉ outputs.
   */
  readonly padding?: Padding1D;
  /** Whether the output length is rounded up; false by default. */
  readonly ceilMode?: boolean;
}

/** The values that `MaxPool1D` keeps for its backward method. */
export interface MaxPool1DCache {
  readonly input: Tensor3D;
  readonly output: Tensor3D;
  /** The windows over the sequence, which is treated as an image of one row. */
  readonly geometry: Geometry;
}

/**
 * The largest value of each window of a sequence, channel by channel; windows may overlap.
 *
 *   forward          x_out[n,i,c] = max_p x_in[n, i·s + p − t, c],  p < K
 *   backpropToInput  ∂C/∂x_in[n,x,c] = Σ_{i: x wins window i} ∂C/∂x_out[n,i,c]
 *
 * with stride s and t elements of padding. If several are equal, the first one wins and gets the
 * whole gradient. Padding is never the maximum. An element that wins several windows gets the sum;
 * an element that wins none, or lies in no window, gets 0. A sequence is treated as an image of one
 * row.
 *
 * `ceilMode` rounds L' up: a last window may extend beyond the end if it starts inside the input or
 * the padding before it.
 *
 * Shapes: input [N, L, C]; output, gradOutput [N, L', C], L' = ⌊(L + P − K)/s⌋ + 1, where P is the
 *         total padding of both sides.
 * Errors: an input or gradOutput of the wrong shape or dtype; a kernel larger than the padded
 *         input; padding of more than half the kernel, which would leave windows without an
 *         element.
 * Source: lecture, second problem set; the sizes are those of PyTorch's MaxPool1d.
 *
 *     const box = new MaxPool1D(2);
 *     box.infer(sequences);   // [N, ⌊L/2⌋, C]
 */
export class MaxPool1D extends Module<Tensor3D, Tensor3D, MaxPool1DCache> {
  override readonly hidesInfinity = true;
  readonly kernelSize: number;
  readonly stride: number;
  readonly padding: Padding1D;
  readonly ceilMode: boolean;

  constructor(kernelSize: number, options: MaxPool1DOptions = {}) {
    super();
    checkOptions(this, options, ['stride', 'padding', 'ceilMode']);
    const { stride = kernelSize, padding = 'valid', ceilMode = false } = options;
    checkSize(this, 'kernelSize', kernelSize);
    checkSize(this, 'stride', stride);
    this.kernelSize = kernelSize;
    this.stride = stride;
    this.padding = checkPadding1D(this, padding);
    checkPoolPadding(this, [kernelSize], padding);
    this.ceilMode = ceilMode;
  }

  forward(input: Tensor3D): ForwardResult<Tensor3D, MaxPool1DCache> {
    checkTensor(this, 'forward', 'input', input, ['N', 'L', 'C']);
    const geometry = this.#geometry(input.shape);
    const output = tidy(() => asSequence(maxPool2d(asImage(input), geometry)));
    return { output, cache: { input: input.clone(), output: output.clone(), geometry } };
  }

  backpropToInput(gradOutput: Tensor3D, { input, output, geometry }: MaxPool1DCache): Tensor3D {
    checkGradOutput(this, 'backpropToInput', gradOutput, output.shape);
    return tidy(() => {
      const [grad, x, y] = [gradOutput, input, output].map(asImage);
      return asSequence(maxPool2dToInput(grad, x, y, geometry));
    });
  }

  override facts([input]: readonly Shape[]): Facts {
    checkShape(this, 'forward', 'input', input, ['N', 'L', 'C']);
    return poolFacts(input, [this.#geometry(input).width]);
  }

  #geometry([, length]: Shape): Geometry {
    return sequenceGeometry(this, length, this);
  }
}
