import type { Rank, Tensor4D, Variable } from '@tensorflow/tfjs-core';
import { checkGradOutput, checkSize, checkTensor } from '../lib/check.ts';
import {
  checkBorder,
  checkGroups,
  checkPadding,
  checkPaddingMode,
  pair,
  convGeometry,
  type Geometry,
  type Padding,
  type PaddingMode,
  type Pair,
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
 * The convolution of images with a bank of filters; as in all frameworks, the kernel is not flipped. x is x_in with
 * its border: t cells before the first pixel, filled as `paddingMode` says. With stride s and dilation d (all taken
 * per axis), and the input channels c of the group that o belongs to:
 *
 *   forward            x_out[n,i,j,o] = b[o] + Σ_pqc x[n, i·s + p·d, j·s + q·d, c] w[p,q,c,o]
 *   backpropToInput    ∂C/∂x[n,y,x,c] = Σ_o Σ_{(i,p): i·s+p·d=y} Σ_{(j,q): j·s+q·d=x} g[n,i,j,o] w[p,q,c,o]
 *   backpropToParams   ∂C/∂w[p,q,c,o] = Σ_nij x[n, i·s + p·d, j·s + q·d, c] g[n,i,j,o]
 *                      ∂C/∂b[o] = Σ_nij g[n,i,j,o]
 *
 * with g = ∂C/∂x_out. ∂C/∂x_in is ∂C/∂x without its border, and what falls on the border is added to the pixels that
 * it was read from; zeros are read from none, so there it is dropped.
 *
 * Shapes: input [N, H, W, inChannels]; output, gradOutput [N, H', W', outChannels] with
 *         H' = ⌊(H + padding − d (K_h − 1) − 1)/s⌋ + 1; weight [K_h, K_w, inChannels/groups, outChannels], the output
 *         channels of a group side by side; bias [outChannels].
 * Errors: an input or gradOutput of another shape or dtype; a kernel larger than the padded input; reflected padding
 *         of as many pixels as the image has, or circular of more; channels that are no multiple of the groups; bad
 *         sizes; a random `init` without `rng`.
 * Source: lecture, "Filtering"; LeCun et al. 1989. Initial weights: Glorot & Bengio 2010, biases 0.
 */
export interface Conv2DOptions {
  readonly stride?: Pair;
  /** A number or pair of cells on both sides, `'valid'` (none, the default) or `'same'` (⌈size/stride⌉ outputs). */
  readonly padding?: Padding;
  readonly paddingMode?: PaddingMode;
  readonly dilation?: Pair;
  readonly groups?: number;
  readonly bias?: boolean;
  readonly init?: Initializer;
  readonly rng?: Rng;
}

export interface Conv2DCache {
  /** The input; with its border, where that is not zeros. */
  readonly images: Tensor4D;
  /** How the kernel slides over `images`, and over the input. */
  readonly windows: Geometry;
  readonly geometry: Geometry;
}

export class Conv2D extends Module<Tensor4D, Tensor4D, Conv2DCache> {
  override readonly params: {
    readonly weight: Variable<Rank.R4>;
    readonly bias?: Variable<Rank.R1>;
  };
  readonly inChannels: number;
  readonly outChannels: number;
  readonly kernelSize: readonly [number, number];
  readonly stride: readonly [number, number];
  readonly padding: Padding;
  readonly paddingMode: PaddingMode;
  readonly dilation: readonly [number, number];
  readonly groups: number;

  constructor(
    inChannels: number,
    outChannels: number,
    kernelSize: Pair,
    options: Conv2DOptions = {},
  ) {
    super();
    checkSize(this, 'inChannels', inChannels);
    checkSize(this, 'outChannels', outChannels);
    const { groups = 1, bias = true, init = glorotUniform, rng } = options;
    checkGroups(this, groups, { inChannels, outChannels });
    this.inChannels = inChannels;
    this.outChannels = outChannels;
    this.kernelSize = pair(this, 'kernelSize', kernelSize);
    this.stride = pair(this, 'stride', options.stride ?? 1);
    this.padding = checkPadding(this, options.padding ?? 'valid');
    this.paddingMode = checkPaddingMode(this, options.paddingMode ?? 'zeros');
    this.dilation = pair(this, 'dilation', options.dilation ?? 1);
    this.groups = groups;
    const [height, width] = this.kernelSize;
    const [groupIn, groupOut] = [inChannels / groups, outChannels / groups];
    const fan = { fanIn: height * width * groupIn, fanOut: height * width * groupOut };
    this.params = {
      weight: createParam(this, 'weight', [height, width, groupIn, outChannels], fan, init, rng),
      ...(bias && { bias: createParam(this, 'bias', [outChannels], fan, zeros) }),
    };
  }

  forward(input: Tensor4D): ForwardResult<Tensor4D, Conv2DCache> {
    checkTensor(this, 'forward', 'input', input, ['N', 'H', 'W', this.inChannels]);
    const geometry = convGeometry(this, input.shape[1], input.shape[2], this);
    checkBorder(this, this.paddingMode, [geometry.height, geometry.width]);
    const { weight, bias } = this.params;
    return tidy(() => {
      const { images, windows } = paddedInput(input, geometry, this.paddingMode);
      const output = groupedConv2d(images, weight, windows, this.groups, bias);
      return { output, cache: { images, windows, geometry } };
    });
  }

  backpropToInput(gradOutput: Tensor4D, { images, windows, geometry }: Conv2DCache): Tensor4D {
    checkGradOutput(this, 'backpropToInput', gradOutput, this.#outputShape(images, windows));
    return tidy(() => {
      const gradImages = groupedConv2dToInput(gradOutput, this.params.weight, windows, this.groups);
      return paddedInputToInput(gradImages, geometry, this.paddingMode);
    });
  }

  override backpropToParams(gradOutput: Tensor4D, { images, windows }: Conv2DCache) {
    checkGradOutput(this, 'backpropToParams', gradOutput, this.#outputShape(images, windows));
    const weight = groupedConv2dToFilter(images, gradOutput, windows, this.groups);
    return { weight, ...(this.params.bias && { bias: sumLeading(gradOutput) }) };
  }

  #outputShape(images: Tensor4D, { height, width }: Geometry) {
    return [images.shape[0], height.output, width.output, this.outChannels];
  }
}
