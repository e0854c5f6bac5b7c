import type { Rank, Tensor4D, Variable } from '@tensorflow/tfjs-core';
import { assignMapped, type ChannelMap } from '../lib/channelMap.ts';
import { checkGradOutput, checkOptions, checkShape, checkSize, checkTensor } from '../lib/check.ts';
import {
  checkBorder,
  checkGroups,
  checkConvPadding,
  checkPaddingMode,
  pair,
  convGeometry,
  type ConvPadding,
  type Geometry,
  type PaddingMode,
  type Pair,
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
import { describeWindows, groupedChannels, slidingAxis } from '../lib/window.ts';
import type { Facts, Shape } from '../lib/facts.ts';
import { Module, type ForwardResult } from '../lib/module.ts';
import type { Rng } from '../lib/rng.ts';

/** The options of `Conv2D`. */
export interface Conv2DOptions {
  /** s, in pixels; 1 by default. */
  readonly stride?: Pair;
  /**
   * The number of pixels that are added on each side, or [height, width], or
   * [[top, bottom], [left, right]]; `'valid'` adds none and is the default; `'same'` gives
   * ⌈size/stride⌉ outputs.
   */
  readonly padding?: ConvPadding;
  /** How the border is filled; `'zeros'` by default. */
  readonly paddingMode?: PaddingMode;
  /** d, the distance between neighbouring elements of the kernel; 1 by default. */
  readonly dilation?: Pair;
  /** The number of groups into which the channels are divided; 1 by default. */
  readonly groups?: number;
  /** Whether the box adds a bias b; true by default. */
  readonly bias?: boolean;
  /** The initial weights w, `glorotUniform` by default. */
  readonly init?: Initializer;
  /** The generator that draws the initial weights; a random `init` requires it. */
  readonly rng?: Rng;
}

/** The values that `Conv2D` keeps for its backward methods. */
export interface Conv2DCache {
  /** The input. It includes the border, unless the border is zeros. */
  readonly images: Tensor4D;
  /** The windows over `images`. (`geometry` has the windows over the input.) */
  readonly windows: Geometry;
  readonly geometry: Geometry;
}

/**
 * The convolution of images with a bank of filters; as in all frameworks, the kernel is not
 * flipped. x is x_in with its border, filled as `paddingMode` says; x[n, 0, 0] is its first pixel.
 * With stride s and dilation d (all per axis), and with c over the input channels in the group of
 * output channel o:
 *
 *   forward            x_out[n,i,j,o] = b[o] + Σ_pqc x[n, i·s + p·d, j·s + q·d, c] w[p,q,c,o]
 *   backpropToInput    ∂C/∂x[n,y,x,c] = Σ_o Σ_{(i,p): i·s+p·d=y} Σ_{(j,q): j·s+q·d=x}
 *                                         g[n,i,j,o] w[p,q,c,o]
 *   backpropToParams   ∂C/∂w[p,q,c,o] = Σ_nij x[n, i·s + p·d, j·s + q·d, c] g[n,i,j,o]
 *                      ∂C/∂b[o] = Σ_nij g[n,i,j,o]
 *
 * with g = ∂C/∂x_out. ∂C/∂x_in is ∂C/∂x without its border; the part that falls on the border is
 * added to the pixels from which the border was copied, or dropped if the border is zeros.
 *
 * Shapes: input [N, H, W, inChannels]; output, gradOutput [N, H', W', outChannels] with
 *         H' = ⌊(H + P − d (K_h − 1) − 1)/s⌋ + 1, where P is the total padding of both sides;
 *         weight [K_h, K_w, inChannels/groups, outChannels], in which the output channels of a
 *         group are consecutive; bias [outChannels].
 * Errors: an input or gradOutput of the wrong shape or dtype; a kernel larger than the padded
 *         input; reflected padding of at least the size of the image, or circular padding of more
 *         than the size; channels that are not a multiple of the groups; bad sizes; a random `init`
 *         without `rng`.
 * Source: lecture, "Filtering"; LeCun et al. 1989. Initial weights: Glorot & Bengio 2010, biases 0.
 *
 *     const box = new Conv2D(3, 8, 5, { stride: 2, padding: 'same', rng: new Rng(0) });
 *     box.infer(images);   // [N, ⌈H/2⌉, ⌈W/2⌉, 8]
 */
export class Conv2D extends Module<Tensor4D, Tensor4D, Conv2DCache> {
  override readonly params: {
    readonly weight: Variable<Rank.R4>;
    readonly bias?: Variable<Rank.R1>;
  };
  override readonly noDecay = ['bias'];
  override readonly hidesInfinity = false;
  readonly inChannels: number;
  readonly outChannels: number;
  readonly kernelSize: readonly [number, number];
  readonly stride: readonly [number, number];
  readonly padding: ConvPadding;
  readonly paddingMode: PaddingMode;
  readonly dilation: readonly [number, number];
  readonly groups: number;
  readonly #options: Conv2DOptions;

  constructor(
    inChannels: number,
    outChannels: number,
    kernelSize: Pair,
    options: Conv2DOptions = {},
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
    checkSize(this, 'inChannels', inChannels);
    checkSize(this, 'outChannels', outChannels);
    const { groups = 1, bias = true, init = glorotUniform, rng } = options;
    checkGroups(this, groups, { inChannels, outChannels });
    this.inChannels = inChannels;
    this.outChannels = outChannels;
    this.kernelSize = pair(this, 'kernelSize', kernelSize);
    this.stride = pair(this, 'stride', options.stride ?? 1);
    this.padding = checkConvPadding(this, options.padding ?? 'valid');
    this.paddingMode = checkPaddingMode(this, options.paddingMode ?? 'zeros');
    this.dilation = pair(this, 'dilation', options.dilation ?? 1);
    this.groups = groups;
    this.#options = options;
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
    const geometry = this.#geometry(input.shape);
    const { weight, bias } = this.params;
    return tidy(() => {
      const { images, windows } = paddedInput(input, geometry, this.paddingMode);
      const output = groupedConv2d(images, weight, windows, this.groups, bias);
      return { output, cache: { images, windows, geometry } };
    });
  }

  backpropToInput(gradOutput: Tensor4D, { images, windows, geometry }: Conv2DCache): Tensor4D {
    checkGradOutput(this, 'backpropToInput', gradOutput, this.#outputShape(images.shape, windows));
    return tidy(() => {
      const gradImages = groupedConv2dToInput(gradOutput, this.params.weight, windows, this.groups);
      return paddedInputToInput(gradImages, geometry, this.paddingMode);
    });
  }

  override backpropToParams(gradOutput: Tensor4D, { images, windows }: Conv2DCache) {
    checkGradOutput(this, 'backpropToParams', gradOutput, this.#outputShape(images.shape, windows));
    const weight = groupedConv2dToFilter(images, gradOutput, windows, this.groups);
    return { weight, ...(this.params.bias && { bias: sumLeading(gradOutput) }) };
  }

  override facts([input]: readonly Shape[]): Facts {
    checkShape(this, 'forward', 'input', input, ['N', 'H', 'W', this.inChannels]);
    const geometry = this.#geometry(input);
    const { height, width } = geometry;
    return {
      outputShape: this.#outputShape(input, geometry),
      window: {
        axes: [height, width].map((axis) => slidingAxis(axis, this.paddingMode)),
        channels: groupedChannels(this.outChannels / this.groups, this.inChannels / this.groups),
      },
      multiplyAdds: height.output * width.output * this.params.weight.size,
    };
  }

  override withChannelMap(map: ChannelMap): Conv2D {
    const { inChannels, outChannels, kernelSize, stride, padding, paddingMode, dilation, groups } =
      this;
    const options = { stride, padding, paddingMode, dilation, groups, init: zeros };
    const box = new Conv2D(inChannels, outChannels, kernelSize, options);
    return assignMapped(box, this.params, map);
  }

  override forInput(input: Shape, rng: Rng): Conv2D {
    const { outChannels, kernelSize } = this;
    return new Conv2D(input[3], outChannels, kernelSize, renewed(this.#options, rng));
  }

  override describe(): string {
    const groups = this.groups > 1 ? `, ${this.groups} groups` : '';
    return `${this.outChannels} ${describeWindows(this, 'always')}${groups}`;
  }

  #geometry([, height, width]: Shape): Geometry {
    const geometry = convGeometry(this, height, width, this);
    checkBorder(this, this.paddingMode, [geometry.height, geometry.width]);
    return geometry;
  }

  #outputShape([batch]: Shape, { height, width }: Geometry) {
    return [batch, height.output, width.output, this.outChannels];
  }
}
