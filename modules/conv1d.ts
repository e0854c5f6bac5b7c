import {
  reshape,
  type Rank,
  type Tensor3D,
  type Tensor4D,
  type Variable,
} from '@tensorflow/tfjs-core';
import { checkGradOutput, checkSize, checkTensor } from '../lib/check.ts';
import {
  checkBorder,
  checkFits,
  checkGroups,
  checkPadding1D,
  checkPaddingMode,
  axisGeometry,
  type Geometry,
  type Padding1D,
  type PaddingMode,
} from '../lib/geometry.ts';
import { createParam, glorotUniform, zeros, type Initializer } from '../lib/init/initializers.ts';
import {
  groupedConv2d,
  groupedConv2dToFilter,
  groupedConv2dToInput,
} from '../lib/kernels/conv2d/groupedConv2d.ts';
import { paddedInput, paddedInputToInput } from '../lib/kernels/pad/pad2d.ts';
import { sumLeading } from '../lib/kernels/reduce/sumLeading.ts';
import { tidy } from '../lib/memory.ts';
import { Module, type ForwardResult } from '../lib/module.ts';
import type { Rng } from '../lib/rng.ts';

/**
 * The convolution of sequences with a bank of filters; the kernel is not flipped. x is x_in with its border: t cells
 * before the first element, filled as `paddingMode` says. With stride s and dilation d, and the input channels c of
 * the group that o belongs to:
 *
 *   forward            x_out[n,i,o] = b[o] + Σ_pc x[n, i·s + p·d, c] w[p,c,o]
 *   backpropToInput    ∂C/∂x[n,y,c] = Σ_o Σ_{(i,p): i·s+p·d=y} g[n,i,o] w[p,c,o]
 *   backpropToParams   ∂C/∂w[p,c,o] = Σ_ni x[n, i·s + p·d, c] g[n,i,o]
 *                      ∂C/∂b[o] = Σ_ni g[n,i,o]
 *
 * with g = ∂C/∂x_out. ∂C/∂x_in is ∂C/∂x without its border; what falls on the border is added to the elements that it
 * was read from, or dropped where they are zeros. A sequence is computed as an image of one row.
 *
 * Shapes: input [N, L, inChannels]; output, gradOutput [N, L', outChannels], L' = ⌊(L + padding − d (K − 1) − 1)/s⌋ + 1;
 *         weight [K, inChannels/groups, outChannels], the output channels of a group side by side; bias [outChannels].
 * Errors: an input or gradOutput of another shape or dtype; a kernel larger than the padded input; reflected padding
 *         of as many elements as the sequence has, or circular of more; channels that are no multiple of the groups;
 *         bad sizes; a random `init` without `rng`.
 * Source: Waibel et al. 1989, time-delay networks. Initial weights: Glorot & Bengio 2010, biases 0.
 */
export interface Conv1DOptions {
  readonly stride?: number;
  /** Cells on both sides, `'valid'` (none, the default) or `'same'` (⌈length/stride⌉ outputs). */
  readonly padding?: Padding1D;
  readonly paddingMode?: PaddingMode;
  readonly dilation?: number;
  readonly groups?: number;
  readonly bias?: boolean;
  readonly init?: Initializer;
  readonly rng?: Rng;
}

export interface Conv1DCache {
  /** The input as images of one row; with its border, where that is not zeros. */
  readonly images: Tensor4D;
  /** How the kernel slides over `images`, and over the input. */
  readonly windows: Geometry;
  readonly geometry: Geometry;
}

export class Conv1D extends Module<Tensor3D, Tensor3D, Conv1DCache> {
  override readonly params: {
    readonly weight: Variable<Rank.R3>;
    readonly bias?: Variable<Rank.R1>;
  };
  readonly inChannels: number;
  readonly outChannels: number;
  readonly kernelSize: number;
  readonly stride: number;
  readonly padding: Padding1D;
  readonly paddingMode: PaddingMode;
  readonly dilation: number;
  readonly groups: number;

  constructor(
    inChannels: number,
    outChannels: number,
    kernelSize: number,
    options: Conv1DOptions = {},
  ) {
    super();
    const {
      stride = 1,
      dilation = 1,
      groups = 1,
      bias = true,
      init = glorotUniform,
      rng,
    } = options;
    for (const [what, size] of Object.entries({
      inChannels,
      outChannels,
      kernelSize,
      stride,
      dilation,
    })) {
      checkSize(this, what, size);
    }
    checkGroups(this, groups, { inChannels, outChannels });
    this.inChannels = inChannels;
    this.outChannels = outChannels;
    this.kernelSize = kernelSize;
    this.stride = stride;
    this.padding = checkPadding1D(this, options.padding ?? 'valid');
    this.paddingMode = checkPaddingMode(this, options.paddingMode ?? 'zeros');
    this.dilation = dilation;
    this.groups = groups;
    const [groupIn, groupOut] = [inChannels / groups, outChannels / groups];
    const fan = { fanIn: kernelSize * groupIn, fanOut: kernelSize * groupOut };
    this.params = {
      weight: createParam(this, 'weight', [kernelSize, groupIn, outChannels], fan, init, rng),
      ...(bias && { bias: createParam(this, 'bias', [outChannels], fan, zeros) }),
    };
  }

  forward(input: Tensor3D): ForwardResult<Tensor3D, Conv1DCache> {
    checkTensor(this, 'forward', 'input', input, ['N', 'L', this.inChannels]);
    const width = axisGeometry(
      input.shape[1],
      this.kernelSize,
      this.stride,
      this.dilation,
      this.padding,
    );
    checkFits(this, [width]);
    checkBorder(this, this.paddingMode, [width]);
    const geometry = { height: axisGeometry(1, 1, 1, 1, 0), width };
    return tidy(() => {
      const { images, windows } = paddedInput(asImage(input), geometry, this.paddingMode);
      const output = groupedConv2d(images, this.#filters(), windows, this.groups, this.params.bias);
      return { output: asSequence(output), cache: { images, windows, geometry } };
    });
  }

  backpropToInput(gradOutput: Tensor3D, { images, windows, geometry }: Conv1DCache): Tensor3D {
    checkGradOutput(this, 'backpropToInput', gradOutput, this.#outputShape(images, windows));
    return tidy(() => {
      const gradImages = groupedConv2dToInput(
        asImage(gradOutput),
        this.#filters(),
        windows,
        this.groups,
      );
      return asSequence(paddedInputToInput(gradImages, geometry, this.paddingMode));
    });
  }

  override backpropToParams(gradOutput: Tensor3D, { images, windows }: Conv1DCache) {
    checkGradOutput(this, 'backpropToParams', gradOutput, this.#outputShape(images, windows));
    const weight = tidy(() => {
      const gradFilters = groupedConv2dToFilter(images, asImage(gradOutput), windows, this.groups);
      return reshape(gradFilters, this.params.weight.shape);
    });
    return { weight, ...(this.params.bias && { bias: sumLeading(gradOutput) }) };
  }

  /** The filters as kernels of one row. */
  #filters(): Tensor4D {
    const { weight } = this.params;
    return reshape(weight, [1, ...weight.shape]);
  }

  #outputShape(images: Tensor4D, { width }: Geometry) {
    return [images.shape[0], width.output, this.outChannels];
  }
}

function asImage(sequences: Tensor3D): Tensor4D {
  const [batch, length, channels] = sequences.shape;
  return reshape(sequences, [batch, 1, length, channels]);
}

function asSequence(images: Tensor4D): Tensor3D {
  const [batch, , length, channels] = images.shape;
  return reshape(images, [batch, length, channels]);
}
