import {
  add,
  reshape,
  tile,
  transpose,
  type Rank,
  type Tensor4D,
  type Variable,
} from '@tensorflow/tfjs-core';
import { assignMapped, type ChannelMap } from '../lib/channelMap.ts';
import { checkGradOutput, checkOptions, checkShape, checkSize, checkTensor } from '../lib/check.ts';
import { BoxError } from '../lib/errors.ts';
import type { AxisWindow, Facts, Shape } from '../lib/facts.ts';
import {
  checkGroups,
  pair,
  type Axis,
  type Border,
  type Borders,
  type Geometry,
  type Pair,
} from '../lib/geometry.ts';
import { createParam, glorotUniform, zeros, type Initializer } from '../lib/init/initializers.ts';
import {
  groupedConv2d,
  groupedConv2dToFilter,
  groupedConv2dToInput,
} from '../lib/kernels/conv2d/groupedConv2d.ts';
import { pad2d, pad2dToInput } from '../lib/kernels/pad/pad2d.ts';
import { sumLeading } from '../lib/kernels/reduce/sumLeading.ts';
import { tidy } from '../lib/memory.ts';
import { Module, type ForwardResult } from '../lib/module.ts';
import type { Rng } from '../lib/rng.ts';
import { groupedChannels, perPosition } from '../lib/window.ts';

/** The options of `ConvTranspose2D`. */
export interface ConvTranspose2DOptions {
  /**
   * s, the distance in the output between the kernels of neighbouring pixels of the input; 1 by
   * default.
   */
  readonly stride?: Pair;
  /**
   * t, the number of pixels that are cut off on each side; 0 by default. It is the padding of the
   * convolution that is transposed.
   */
  readonly padding?: Pair;
  /**
   * The numbers of rows and columns that are added at the end; 0 by default. They must be less than
   * the larger of stride and dilation.
   */
  readonly outputPadding?: Pair;
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

/** The values that `ConvTranspose2D` keeps for its backward methods. */
export interface ConvTranspose2DCache {
  readonly input: Tensor4D;
  /** The windows of the convolution that maps the output to the input. */
  readonly geometry: Geometry;
  /** The frame of the output. It is present only if `outputPadding` is at least the stride. */
  readonly frame?: Frame;
}

/**
 * Maps the uncut sum of all kernels to the output: it first adds `end`, and then cuts off `cut`.
 */
interface Frame {
  /** The zeros that are added after the last row and column. */
  readonly end: Borders;
  /** The rows and columns that are cut off. The result of cutting has the size of the output. */
  readonly cut: Borders;
}

/**
 * The transposed convolution, which makes images larger. Its `forward` is the `backpropToInput` of
 * Conv2D, and its `backpropToInput` is the `forward` of Conv2D. Each pixel adds the kernel,
 * multiplied by the pixel's value, to the output. The kernels of neighbouring pixels are a stride s
 * apart, and are summed where they overlap. With dilation d and t pixels cut off at each side (all
 * per axis), and c and o in the same group:
 *
 *   forward            x_out[n,y,x,o] = b[o] + Σ_c Σ_{(i,p): i·s+p·d−t=y} Σ_{(j,q): j·s+q·d−t=x}
 *                                         x_in[n,i,j,c] w[p,q,o,c]
 *   backpropToInput    ∂C/∂x_in[n,i,j,c] = Σ_pqo g[n, i·s + p·d − t, j·s + q·d − t, o] w[p,q,o,c]
 *   backpropToParams   ∂C/∂w[p,q,o,c] = Σ_nij g[n, i·s + p·d − t, j·s + q·d − t, o] x_in[n,i,j,c]
 *                      ∂C/∂b[o] = Σ_nyx g[n,y,x,o]
 *
 * with g = ∂C/∂x_out, 0 outside of the output. A convolution with stride s maps s different input
 * sizes to the same output size. `outputPadding` adds rows and columns at the end, and so selects
 * one of these sizes. As in PyTorch, it may be the stride or more if it is less than the dilation.
 *
 * Shapes: input [N, H, W, inChannels]; output, gradOutput [N, H', W', outChannels] with
 *         H' = (H − 1) s − 2 padding + d (K_h − 1) + outputPadding + 1; weight
 *         [K_h, K_w, outChannels/groups, inChannels], as for the Conv2D that maps the output to the
 *         input; this box is its adjoint; bias [outChannels].
 * Errors: an input or gradOutput of the wrong shape or dtype; padding that leaves no output; an
 *         outputPadding that is not less than the stride or the dilation; channels that are not a
 *         multiple of the groups; bad sizes; a random `init` without `rng`.
 * Source: Zeiler et al. 2010, "Deconvolutional networks"; Long et al. 2015, arXiv:1411.4038,
 *         section 3.3; sizes as in PyTorch. Initial weights: Glorot & Bengio 2010, biases 0.
 *
 *     const box = new ConvTranspose2D(8, 3, 4, { stride: 2, padding: 1, rng: new Rng(0) });
 *     box.infer(images);   // [N, 2 H, 2 W, 3]
 */
export class ConvTranspose2D extends Module<Tensor4D, Tensor4D, ConvTranspose2DCache> {
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
  readonly padding: readonly [number, number];
  readonly outputPadding: readonly [number, number];
  readonly dilation: readonly [number, number];
  readonly groups: number;

  constructor(
    inChannels: number,
    outChannels: number,
    kernelSize: Pair,
    options: ConvTranspose2DOptions = {},
  ) {
    super();
    checkOptions(this, options, [
      'stride',
      'padding',
      'outputPadding',
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
    this.padding = pair(this, 'padding', options.padding ?? 0, 0);
    this.outputPadding = pair(this, 'outputPadding', options.outputPadding ?? 0, 0);
    this.dilation = pair(this, 'dilation', options.dilation ?? 1);
    this.groups = groups;
    const { stride, dilation } = this;
    if (this.outputPadding.some((cells, k) => cells >= Math.max(stride[k], dilation[k]))) {
      throw new BoxError(
        ['ConvTranspose2D'],
        `expected outputPadding below the stride, ${stride.join('x')}, or the dilation, ${dilation.join('x')}, got ${this.outputPadding.join('x')}`,
      );
    }
    const [height, width] = this.kernelSize;
    const [groupIn, groupOut] = [inChannels / groups, outChannels / groups];
    const fan = { fanIn: height * width * groupIn, fanOut: height * width * groupOut };
    this.params = {
      weight: createParam(this, 'weight', [height, width, groupOut, inChannels], fan, init, rng),
      ...(bias && { bias: createParam(this, 'bias', [outChannels], fan, zeros) }),
    };
  }

  forward(input: Tensor4D): ForwardResult<Tensor4D, ConvTranspose2DCache> {
    checkTensor(this, 'forward', 'input', input, ['N', 'H', 'W', this.inChannels]);
    const windows = this.#windows(input.shape);
    const { geometry, frame } = windows;
    const { weight, bias } = this.params;
    return tidy(() => {
      const sum = groupedConv2dToInput(input, weight, geometry, this.groups);
      const spread = frame ? framed(sum, frame) : sum;
      const output: Tensor4D = bias ? add(spread, bias) : spread;
      return { output, cache: { input: input.clone(), ...windows } };
    });
  }

  backpropToInput(gradOutput: Tensor4D, { input, ...windows }: ConvTranspose2DCache): Tensor4D {
    checkGradOutput(this, 'backpropToInput', gradOutput, this.#outputShape(input.shape, windows));
    const { geometry, frame } = windows;
    return tidy(() => {
      const g = frame ? framedToInput(gradOutput, frame) : gradOutput;
      return groupedConv2d(g, this.params.weight, geometry, this.groups);
    });
  }

  override backpropToParams(gradOutput: Tensor4D, { input, ...windows }: ConvTranspose2DCache) {
    checkGradOutput(this, 'backpropToParams', gradOutput, this.#outputShape(input.shape, windows));
    const { geometry, frame } = windows;
    return tidy(() => {
      const g = frame ? framedToInput(gradOutput, frame) : gradOutput;
      const weight = groupedConv2dToFilter(g, input, geometry, this.groups);
      return { weight, ...(this.params.bias && { bias: sumLeading(gradOutput) }) };
    });
  }

  override facts([input]: readonly Shape[]): Facts {
    checkShape(this, 'forward', 'input', input, ['N', 'H', 'W', this.inChannels]);
    const windows = this.#windows(input);
    const { height, width } = windows.geometry;
    return {
      outputShape: this.#outputShape(input, windows),
      window: {
        axes: [height, width].map((axis, k) => transposedAxis(axis, this.padding[k])),
        channels: groupedChannels(this.outChannels / this.groups, this.inChannels / this.groups),
      },
      multiplyAdds: height.output * width.output * this.params.weight.size,
    };
  }

  /** The windows over the output, one per pixel of the input. */
  override withChannelMap(map: ChannelMap): ConvTranspose2D {
    const {
      inChannels,
      outChannels,
      kernelSize,
      stride,
      padding,
      outputPadding,
      dilation,
      groups,
    } = this;
    const options = { stride, padding, outputPadding, dilation, groups, init: zeros };
    const box = new ConvTranspose2D(inChannels, outChannels, kernelSize, options);
    const [perGroup, taken] = [outChannels / groups, inChannels / groups];
    return assignMapped(box, this.params, map, (scale) => {
      // The weight has one axis for the output channels of a group and one for the input channels
      // of all groups.
      const ofGroups = transpose(reshape(scale, [groups, perGroup, 1]), [1, 0, 2]);
      return reshape(tile(ofGroups, [1, 1, taken]), [perGroup, inChannels]);
    });
  }

  #windows([, inputHeight, inputWidth]: Shape): Pick<ConvTranspose2DCache, 'geometry' | 'frame'> {
    const [height, width] = [this.#along(0, inputHeight), this.#along(1, inputWidth)];
    if (height.size < 1 || width.size < 1) {
      throw new BoxError(
        ['ConvTranspose2D.forward'],
        `expected an output of at least 1x1, got ${height.size}x${width.size} from ${inputHeight}x${inputWidth}`,
      );
    }
    const geometry = { height: height.axis, width: width.axis };
    if (!height.isUncut && !width.isUncut) return { geometry };
    const end = { height: height.end, width: width.end };
    const cut = { height: height.cut, width: width.cut };
    return { geometry, frame: { end, cut } };
  }

  /**
   * Returns the windows along one axis. If `outputPadding` is at least the stride, the output has
   * room for more windows than there are pixels. In this case the windows are those over the uncut
   * sum of all kernels.
   */
  #along(at: 0 | 1, output: number) {
    const [kernel, stride, dilation] = [this.kernelSize[at], this.stride[at], this.dilation[at]];
    const [padding, added] = [this.padding[at], this.outputPadding[at]];
    const uncut = (output - 1) * stride + dilation * (kernel - 1) + 1;
    const size = uncut - 2 * padding + added;
    const isUncut = added >= stride;
    const [input, before, after] = isUncut ? [uncut, 0, 0] : [size, padding, padding];
    const axis: Axis = { input, output, kernel, stride, dilation, before, after };
    const from = isUncut ? padding : 0;
    const end: Border = { input, before: 0, after: Math.max(0, from + size - input) };
    const cut: Border = { input: size, before: from, after: input + end.after - from - size };
    return { axis, size, isUncut, end, cut };
  }

  #outputShape(
    [batch]: Shape,
    { geometry, frame }: Pick<ConvTranspose2DCache, 'geometry' | 'frame'>,
  ) {
    const { height, width } = frame?.cut ?? geometry;
    return [batch, height.input, width.input, this.outChannels];
  }
}

/** Appends zeros to the sum of the kernels, and cuts it to the size of the output. */
function framed(sum: Tensor4D, { end, cut }: Frame): Tensor4D {
  return pad2dToInput(pad2d(sum, end, 'zeros'), cut, 'zeros');
}

/** The adjoint of `framed`. */
function framedToInput(gradOutput: Tensor4D, { end, cut }: Frame): Tensor4D {
  return pad2dToInput(pad2d(gradOutput, cut, 'zeros'), end, 'zeros');
}

/**
 * Returns the pixels whose kernel contains an output pixel: element q of the kernel of pixel i
 * falls on i·s + q·d − t.
 */
function transposedAxis(
  { output: pixels, kernel, stride, dilation }: Axis,
  padding: number,
): AxisWindow {
  return {
    size: Math.ceil((dilation * (kernel - 1) + 1) / stride),
    step: 1 / stride,
    inputsOf: perPosition((position) =>
      Array.from(
        { length: kernel },
        (_, tap) => (position + padding - tap * dilation) / stride,
      ).filter((pixel) => Number.isInteger(pixel) && pixel >= 0 && pixel < pixels),
    ),
  };
}
