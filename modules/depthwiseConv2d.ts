import { add, reshape, type Rank, type Tensor4D, type Variable } from '@tensorflow/tfjs-core';
import { assignMapped, type ChannelMap } from '../lib/channelMap.ts';
import { checkGradOutput, checkOptions, checkShape, checkSize, checkTensor } from '../lib/check.ts';
import type { Facts, Shape } from '../lib/facts.ts';
import {
  checkBorder,
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
  depthwiseConv2d,
  depthwiseConv2dToFilter,
  depthwiseConv2dToInput,
} from '../lib/kernels/depthwise/depthwise.ts';
import { paddedInput, paddedInputToInput } from '../lib/kernels/pad/pad2d.ts';
import { sumLeading } from '../lib/kernels/reduce/sumLeading.ts';
import { tidy } from '../lib/memory.ts';
import { Module, type ForwardResult } from '../lib/module.ts';
import type { Rng } from '../lib/rng.ts';
import { describeWindows, groupedChannels, slidingAxis } from '../lib/window.ts';

/** The options of `DepthwiseConv2D`. */
export interface DepthwiseConv2DOptions {
  /** M, the number of filters per channel; 1 by default. */
  readonly multiplier?: number;
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
  /** Whether the box adds a bias b; true by default. */
  readonly bias?: boolean;
  /** The initial weights w, `glorotUniform` by default. */
  readonly init?: Initializer;
  /** The generator that draws the initial weights; a random `init` requires it. */
  readonly rng?: Rng;
}

/** The values that `DepthwiseConv2D` keeps for its backward methods. */
export interface DepthwiseConv2DCache {
  /** The input. It includes the border, unless the border is zeros. */
  readonly images: Tensor4D;
  /** The windows over `images`. (`geometry` has the windows over the input.) */
  readonly windows: Geometry;
  readonly geometry: Geometry;
}

/**
 * Convolves each channel separately, with M = `multiplier` filters per channel. This is a Conv2D
 * with one group per channel. x is x_in with its border, which begins at x[n, 0, 0], filled as
 * `paddingMode` says. With stride s and dilation d (all per axis), and with the output channel
 * o = c·M + m:
 *
 *   forward            x_out[n,i,j,o] = b[o] + Σ_pq x[n, i·s + p·d, j·s + q·d, c] w[p,q,c,m]
 *   backpropToInput    ∂C/∂x[n,y,x,c] = Σ_m Σ_{(i,p): i·s+p·d=y} Σ_{(j,q): j·s+q·d=x}
 *                                         g[n,i,j,o] w[p,q,c,m]
 *   backpropToParams   ∂C/∂w[p,q,c,m] = Σ_nij x[n, i·s + p·d, j·s + q·d, c] g[n,i,j,o]
 *                      ∂C/∂b[o] = Σ_nij g[n,i,j,o]
 *
 * with g = ∂C/∂x_out. ∂C/∂x_in is ∂C/∂x without its border; the part that falls on the border is
 * added to the pixels from which the border was copied, or dropped if the border is zeros.
 *
 * Shapes: input [N, H, W, channels]; output, gradOutput [N, H', W', channels·M] with
 *         H' = ⌊(H + P − d (K_h − 1) − 1)/s⌋ + 1, where P is the total padding of both sides;
 *         weight [K_h, K_w, channels, M]; bias [channels·M].
 * Errors: an input or gradOutput of the wrong shape or dtype; a kernel larger than the padded
 *         input; reflected padding of at least the size of the image, or circular padding of more
 *         than the size; bad sizes; a random `init` without `rng`.
 * Source: Sifre 2014; Howard et al. 2017, arXiv:1704.04861. Initial weights: Glorot & Bengio 2010,
 *         biases 0.
 *
 *     const box = new DepthwiseConv2D(8, 3, { multiplier: 2, padding: 'same', rng: new Rng(0) });
 *     box.infer(images);   // [N, H, W, 16]
 */
export class DepthwiseConv2D extends Module<Tensor4D, Tensor4D, DepthwiseConv2DCache> {
  override readonly params: {
    readonly weight: Variable<Rank.R4>;
    readonly bias?: Variable<Rank.R1>;
  };
  override readonly noDecay = ['bias'];
  override readonly hidesInfinity = false;
  readonly channels: number;
  readonly multiplier: number;
  readonly kernelSize: readonly [number, number];
  readonly stride: readonly [number, number];
  readonly padding: ConvPadding;
  readonly paddingMode: PaddingMode;
  readonly dilation: readonly [number, number];
  readonly #options: DepthwiseConv2DOptions;

  constructor(channels: number, kernelSize: Pair, options: DepthwiseConv2DOptions = {}) {
    super();
    checkOptions(this, options, [
      'multiplier',
      'stride',
      'padding',
      'paddingMode',
      'dilation',
      'bias',
      'init',
      'rng',
    ]);
    const { multiplier = 1, bias = true, init = glorotUniform, rng } = options;
    checkSize(this, 'channels', channels);
    checkSize(this, 'multiplier', multiplier);
    this.#options = options;
    this.channels = channels;
    this.multiplier = multiplier;
    this.kernelSize = pair(this, 'kernelSize', kernelSize);
    this.stride = pair(this, 'stride', options.stride ?? 1);
    this.padding = checkConvPadding(this, options.padding ?? 'valid');
    this.paddingMode = checkPaddingMode(this, options.paddingMode ?? 'zeros');
    this.dilation = pair(this, 'dilation', options.dilation ?? 1);
    const [height, width] = this.kernelSize;
    const fan = { fanIn: height * width, fanOut: height * width * multiplier };
    this.params = {
      weight: createParam(this, 'weight', [height, width, channels, multiplier], fan, init, rng),
      ...(bias && { bias: createParam(this, 'bias', [channels * multiplier], fan, zeros) }),
    };
  }

  forward(input: Tensor4D): ForwardResult<Tensor4D, DepthwiseConv2DCache> {
    checkTensor(this, 'forward', 'input', input, ['N', 'H', 'W', this.channels]);
    const geometry = this.#geometry(input.shape);
    const { weight, bias } = this.params;
    return tidy(() => {
      const { images, windows } = paddedInput(input, geometry, this.paddingMode);
      const filtered = depthwiseConv2d(images, weight, windows);
      const output: Tensor4D = bias ? add(filtered, bias) : filtered;
      return { output, cache: { images, windows, geometry } };
    });
  }

  backpropToInput(
    gradOutput: Tensor4D,
    { images, windows, geometry }: DepthwiseConv2DCache,
  ): Tensor4D {
    checkGradOutput(this, 'backpropToInput', gradOutput, this.#outputShape(images.shape, windows));
    return tidy(() => {
      const gradImages = depthwiseConv2dToInput(gradOutput, this.params.weight, windows);
      return paddedInputToInput(gradImages, geometry, this.paddingMode);
    });
  }

  override backpropToParams(gradOutput: Tensor4D, { images, windows }: DepthwiseConv2DCache) {
    checkGradOutput(this, 'backpropToParams', gradOutput, this.#outputShape(images.shape, windows));
    const weight = depthwiseConv2dToFilter(images, gradOutput, windows);
    return { weight, ...(this.params.bias && { bias: sumLeading(gradOutput) }) };
  }

  override facts([input]: readonly Shape[]): Facts {
    checkShape(this, 'forward', 'input', input, ['N', 'H', 'W', this.channels]);
    const geometry = this.#geometry(input);
    const { height, width } = geometry;
    return {
      outputShape: this.#outputShape(input, geometry),
      window: {
        axes: [height, width].map((axis) => slidingAxis(axis, this.paddingMode)),
        channels: groupedChannels(this.multiplier, 1),
      },
      multiplyAdds: height.output * width.output * this.params.weight.size,
    };
  }

  override withChannelMap(map: ChannelMap): DepthwiseConv2D {
    const { channels, kernelSize, multiplier, stride, padding, paddingMode, dilation } = this;
    const options = { multiplier, stride, padding, paddingMode, dilation, init: zeros };
    const box = new DepthwiseConv2D(channels, kernelSize, options);
    return assignMapped(box, this.params, map, (scale) => reshape(scale, [channels, multiplier]));
  }

  override forInput(input: Shape, rng: Rng): DepthwiseConv2D {
    return new DepthwiseConv2D(input[3], this.kernelSize, renewed(this.#options, rng));
  }

  override describe(): string {
    const filters = describeWindows(this, 'always');
    return `${this.channels * this.multiplier} ${filters}, each of one channel`;
  }

  #geometry([, height, width]: Shape): Geometry {
    const geometry = convGeometry(this, height, width, this);
    checkBorder(this, this.paddingMode, [geometry.height, geometry.width]);
    return geometry;
  }

  #outputShape([batch]: Shape, { height, width }: Geometry) {
    return [batch, height.output, width.output, this.channels * this.multiplier];
  }
}
