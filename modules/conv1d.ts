import {
  reshape,
  type Rank,
  type Tensor3D,
  type Tensor4D,
  type Variable,
} from '@tensorflow/tfjs-core';
import { assignMapped, type ChannelMap } from '../lib/channelMap.ts';
import { checkGradOutput, checkOptions, checkShape, checkSize, checkTensor } from '../lib/check.ts';
import type { Facts, Shape } from '../lib/facts.ts';
import {
  checkBorder,
  checkGroups,
  checkPadding1D,
  checkPaddingMode,
  type Geometry,
  type Padding1D,
  type PaddingMode,
} from '../lib/geometry.ts';
import {
  createParam,
  glorotUniform,
  renewed,
  zeros,
  type Initializer,
} from '../lib/init/initializers.ts';
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
import { asImage, asSequence, sequenceGeometry } from '../lib/sequence.ts';
import { groupedChannels, slidingAxis } from '../lib/window.ts';

/** The options of `Conv1D`. */
export interface Conv1DOptions {
  /** s, in elements of the sequence; 1 by default. */
  readonly stride?: number;
  /**
   * The number of elements that are added on each side; `'valid'` adds none and is the default;
   * `'same'` gives ⌈length/stride⌉ outputs.
   */
  readonly padding?: Padding1D;
  /** How the border is filled; `'zeros'` by default. */
  readonly paddingMode?: PaddingMode;
  /** d, the distance between neighbouring elements of the kernel; 1 by default. */
  readonly dilation?: number;
  /** The number of groups into which the channels are divided; 1 by default. */
  readonly groups?: number;
  /** Whether the box adds a bias b; true by default. */
  readonly bias?: boolean;
  /** The initial weights w, `glorotUniform` by default. */
  readonly init?: Initializer;
  /** The generator that draws the initial weights; a random `init` requires it. */
  readonly rng?: Rng;
}

/** The values that `Conv1D` keeps for its backward methods. */
export interface Conv1DCache {
  /** The input as images of one row. It includes the border, unless the border is zeros. */
  readonly images: Tensor4D;
  /** The windows over `images`. (`geometry` has the windows over the input.) */
  readonly windows: Geometry;
  readonly geometry: Geometry;
}

/**
 * The convolution of sequences with a bank of filters; the kernel is not flipped. x is x_in with
 * its border, filled as `paddingMode` says; x[n, 0] is the first element of the border. With stride
 * s and dilation d, and with c over the input channels in the group of output channel o:
 *
 *   forward            x_out[n,i,o] = b[o] + Σ_pc x[n, i·s + p·d, c] w[p,c,o]
 *   backpropToInput    ∂C/∂x[n,y,c] = Σ_o Σ_{(i,p): i·s+p·d=y} g[n,i,o] w[p,c,o]
 *   backpropToParams   ∂C/∂w[p,c,o] = Σ_ni x[n, i·s + p·d, c] g[n,i,o]
 *                      ∂C/∂b[o] = Σ_ni g[n,i,o]
 *
 * with g = ∂C/∂x_out. ∂C/∂x_in is ∂C/∂x without its border; the part that falls on the border is
 * added to the elements from which the border was copied, or dropped if the border is zeros. A
 * sequence is treated as an image of one row.
 *
 * Shapes: input [N, L, inChannels]; output, gradOutput [N, L', outChannels] with
 *         L' = ⌊(L + P − d (K − 1) − 1)/s⌋ + 1, where P is the total padding of both sides; weight
 *         [K, inChannels/groups, outChannels], in which the output channels of a group are
 *         consecutive; bias [outChannels].
 * Errors: an input or gradOutput of the wrong shape or dtype; a kernel larger than the padded
 *         input; reflected padding of at least the length of the sequence, or circular padding of
 *         more than the length; channels that are not a multiple of the groups; bad sizes; a random
 *         `init` without `rng`.
 * Source: Waibel et al. 1989, time-delay networks. Initial weights: Glorot & Bengio 2010, biases 0.
 *
 *     const box = new Conv1D(3, 8, 5, { stride: 2, padding: 'same', rng: new Rng(0) });
 *     box.infer(sequences);   // [N, ⌈L/2⌉, 8]
 */
export class Conv1D extends Module<Tensor3D, Tensor3D, Conv1DCache> {
  override readonly params: {
    readonly weight: Variable<Rank.R3>;
    readonly bias?: Variable<Rank.R1>;
  };
  override readonly noDecay = ['bias'];
  override readonly hidesInfinity = false;
  readonly inChannels: number;
  readonly outChannels: number;
  readonly kernelSize: number;
  readonly stride: number;
  readonly padding: Padding1D;
  readonly paddingMode: PaddingMode;
  readonly dilation: number;
  readonly groups: number;
  readonly #options: Conv1DOptions;

  constructor(
    inChannels: number,
    outChannels: number,
    kernelSize: number,
    options: Conv1DOptions = {},
  ) {
    super();
    checkOptions(this, options, [
      'stride',
      'padding',
      'paddingMode',
      'dilation',
      'groups',
      'bias',
      'init',
      'rng',
    ]);
    const {
      stride = 1,
      dilation = 1,
      groups = 1,
      bias = true,
      init = glorotUniform,
      rng,
    } = options;
    checkSize(this, 'inChannels', inChannels);
    checkSize(this, 'outChannels', outChannels);
    checkSize(this, 'kernelSize', kernelSize);
    checkSize(this, 'stride', stride);
    checkSize(this, 'dilation', dilation);
    checkGroups(this, groups, { inChannels, outChannels });
    this.inChannels = inChannels;
    this.outChannels = outChannels;
    this.kernelSize = kernelSize;
    this.stride = stride;
    this.padding = checkPadding1D(this, options.padding ?? 'valid');
    this.paddingMode = checkPaddingMode(this, options.paddingMode ?? 'zeros');
    this.dilation = dilation;
    this.groups = groups;
    this.#options = options;
    const [groupIn, groupOut] = [inChannels / groups, outChannels / groups];
    const fan = { fanIn: kernelSize * groupIn, fanOut: kernelSize * groupOut };
    this.params = {
      weight: createParam(this, 'weight', [kernelSize, groupIn, outChannels], fan, init, rng),
      ...(bias && { bias: createParam(this, 'bias', [outChannels], fan, zeros) }),
    };
  }

  forward(input: Tensor3D): ForwardResult<Tensor3D, Conv1DCache> {
    checkTensor(this, 'forward', 'input', input, ['N', 'L', this.inChannels]);
    const geometry = this.#geometry(input.shape);
    return tidy(() => {
      const { images, windows } = paddedInput(asImage(input), geometry, this.paddingMode);
      const output = groupedConv2d(images, this.#filters(), windows, this.groups, this.params.bias);
      return { output: asSequence(output), cache: { images, windows, geometry } };
    });
  }

  backpropToInput(gradOutput: Tensor3D, { images, windows, geometry }: Conv1DCache): Tensor3D {
    checkGradOutput(this, 'backpropToInput', gradOutput, this.#outputShape(images.shape, windows));
    return tidy(() => {
      const grad = asImage(gradOutput);
      const gradImages = groupedConv2dToInput(grad, this.#filters(), windows, this.groups);
      return asSequence(paddedInputToInput(gradImages, geometry, this.paddingMode));
    });
  }

  override backpropToParams(gradOutput: Tensor3D, { images, windows }: Conv1DCache) {
    checkGradOutput(this, 'backpropToParams', gradOutput, this.#outputShape(images.shape, windows));
    const weight = tidy(() => {
      const gradFilters = groupedConv2dToFilter(images, asImage(gradOutput), windows, this.groups);
      return reshape(gradFilters, this.params.weight.shape);
    });
    return { weight, ...(this.params.bias && { bias: sumLeading(gradOutput) }) };
  }

  override facts([input]: readonly Shape[]): Facts {
    checkShape(this, 'forward', 'input', input, ['N', 'L', this.inChannels]);
    const geometry = this.#geometry(input);
    return {
      outputShape: this.#outputShape(input, geometry),
      window: {
        axes: [slidingAxis(geometry.width, this.paddingMode)],
        channels: groupedChannels(this.outChannels / this.groups, this.inChannels / this.groups),
      },
      multiplyAdds: geometry.width.output * this.params.weight.size,
    };
  }

  override withChannelMap(map: ChannelMap): Conv1D {
    const { inChannels, outChannels, kernelSize, stride, padding, paddingMode, dilation, groups } =
      this;
    const options = { stride, padding, paddingMode, dilation, groups, init: zeros };
    const box = new Conv1D(inChannels, outChannels, kernelSize, options);
    return assignMapped(box, this.params, map);
  }

  override forInput(input: Shape, rng: Rng): Conv1D {
    const { outChannels, kernelSize } = this;
    return new Conv1D(input[2], outChannels, kernelSize, renewed(this.#options, rng));
  }

  #geometry([, length]: Shape): Geometry {
    const geometry = sequenceGeometry(this, length, this);
    checkBorder(this, this.paddingMode, [geometry.width]);
    return geometry;
  }

  /** The filters as kernels of one row. */
  #filters(): Tensor4D {
    const { weight } = this.params;
    return reshape(weight, [1, ...weight.shape]);
  }

  #outputShape([batch]: Shape, { width }: Geometry) {
    return [batch, width.output, this.outChannels];
  }
}
