import { reshape, tidy, type Tensor3D, type Tensor4D } from '@tensorflow/tfjs-core';
import { checkGradOutput, checkSize, checkTensor } from '../lib/check.ts';
import {
  checkFits,
  checkPadding1D,
  checkPoolPadding,
  axisGeometry,
  type Axis,
  type Padding1D,
} from '../lib/geometry.ts';
import { maxPool2d, maxPool2dToInput } from '../lib/kernels/pool/maxPool2d.ts';
import { Module, type ForwardResult } from '../lib/module.ts';

/**
 * The largest value of each window of a sequence, channel by channel; windows may overlap.
 *
 *   forward          x_out[n,i,c] = max_p x_in[n, i·s + p − t, c],  p < K
 *   backpropToInput  ∂C/∂x_in[n,x,c] = Σ_{i: argmax of window i is x} ∂C/∂x_out[n,i,c]
 *
 * with stride s and t cells of padding. Among equals the first wins and gets the whole gradient. Padding never wins.
 * A cell that wins several windows gets the sum; one that wins none, or lies in no window, gets 0.
 *
 * `ceilMode` rounds L' up: a last window may reach over the end, if it starts inside the input or the padding before
 * it.
 *
 * Shapes: input [N, L, C]; output, gradOutput [N, L', C], L' = ⌊(L + padding − K)/s⌋ + 1.
 * Errors: an input or gradOutput of another shape or dtype; a kernel larger than the padded input; padding of more
 *         than half the kernel, which would leave windows without a cell.
 * Source: lecture, second problem set; the sizes are those of PyTorch's MaxPool1d.
 */
export interface MaxPool1DOptions {
  /** The kernel's size by default, so that windows tile the sequence. */
  readonly stride?: number;
  readonly padding?: Padding1D;
  readonly ceilMode?: boolean;
}

export interface MaxPool1DCache {
  readonly input: Tensor3D;
  readonly output: Tensor3D;
  readonly length: Axis;
}

export class MaxPool1D extends Module<Tensor3D, Tensor3D, MaxPool1DCache> {
  readonly kernelSize: number;
  readonly stride: number;
  readonly padding: Padding1D;
  readonly ceilMode: boolean;

  constructor(kernelSize: number, options: MaxPool1DOptions = {}) {
    super();
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
    const length = axisGeometry(
      input.shape[1],
      this.kernelSize,
      this.stride,
      1,
      this.padding,
      this.ceilMode,
    );
    checkFits(this, [length]);
    const output = tidy(() => sequence(maxPool2d(image(input), asImage(length))));
    return { output, cache: { input: input.clone(), output: output.clone(), length } };
  }

  backpropToInput(gradOutput: Tensor3D, { input, output, length }: MaxPool1DCache): Tensor3D {
    checkGradOutput(this, 'backpropToInput', gradOutput, output.shape);
    return tidy(() =>
      sequence(maxPool2dToInput(image(gradOutput), image(input), image(output), asImage(length))),
    );
  }
}

/** A sequence is an image of height 1. */
function image(x: Tensor3D): Tensor4D {
  const [batch, length, channels] = x.shape;
  return reshape(x, [batch, 1, length, channels]);
}

function sequence(x: Tensor4D): Tensor3D {
  const [batch, , length, channels] = x.shape;
  return reshape(x, [batch, length, channels]);
}

function asImage(width: Axis) {
  return { height: axisGeometry(1, 1, 1, 1, 0), width };
}
