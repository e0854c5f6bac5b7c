import { reshape, type Rank, type Tensor5D, type Variable } from '@tensorflow/tfjs-core';
import { assignMapped, type ChannelMap } from '../lib/channelMap.ts';
import { checkGradOutput, checkOptions, checkShape, checkSize, checkTensor } from '../lib/check.ts';
import type { Facts, Shape } from '../lib/facts.ts';
import { checkGroups } from '../lib/geometry.ts';
import {
  createParam,
  glorotUniform,
  renewed,
  zeros,
  type Initializer,
} from '../lib/init/initializers.ts';
import {
  depthWindows,
  depthWindowsToInput,
  filtersOfImages,
  filtersOfVolumes,
} from '../lib/kernels/conv2d/depthWindows.ts';
import {
  groupedConv2d,
  groupedConv2dToFilter,
  groupedConv2dToInput,
} from '../lib/kernels/conv2d/groupedConv2d.ts';
import { sumLeading } from '../lib/kernels/reduce/sumLeading.ts';
import { tidy } from '../lib/memory.ts';
import { Module, type ForwardResult } from '../lib/module.ts';
import type { Rng } from '../lib/rng.ts';
import {
  checkPadding3D,
  outputSizes,
  slicesOf,
  triple,
  volumeGeometry,
  type Geometry3D,
  type Padding3D,
  type Three,
  type Triple,
} from '../lib/volume.ts';
import { describeWindows, groupedChannels, slidingAxis } from '../lib/window.ts';

/** The options of `Conv3D`. */
export interface Conv3DOptions {
  /** s, in cells; 1 by default. */
  readonly stride?: Triple;
  /**
   * The number of cells that are added on each side, or [depth, height, width]; `'valid'` adds none
   * and is the default; `'same'` gives ⌈size/stride⌉ outputs.
   */
  readonly padding?: Padding3D;
  /** d, the distance between neighbouring elements of the kernel; 1 by default. */
  readonly dilation?: Triple;
  /** The number of groups into which the channels are divided; 1 by default. */
  readonly groups?: number;
  /** Whether the box adds a bias b; true by default. */
  readonly bias?: boolean;
  /** The initial weights w, `glorotUniform` by default. */
  readonly init?: Initializer;
  /** The generator that draws the initial weights; a random `init` requires it. */
  readonly rng?: Rng;
}

/** The values that `Conv3D` keeps for its backward methods. */
export interface Conv3DCache {
  readonly input: Tensor5D;
  readonly geometry: Geometry3D;
}

/**
 * The convolution of volumes, or of short films, with a bank of filters; the kernel is not flipped.
 * x is x_in with a border of zeros; x[n, 0, 0, 0] is its first cell. With stride s and dilation d
 * (all per axis), and with c over the input channels in the group of output channel o:
 *
 *   forward            x_out[n,t,i,j,o] = b[o] + Σ_rpqc x[n, t·s + r·d, i·s + p·d, j·s + q·d, c]
 *                                                       w[r,p,q,c,o]
 *   backpropToInput    ∂C/∂x[n,z,y,x,c] = Σ_o Σ_{(t,r): t·s+r·d=z} Σ_{(i,p): i·s+p·d=y}
 *                                           Σ_{(j,q): j·s+q·d=x} g[n,t,i,j,o] w[r,p,q,c,o]
 *   backpropToParams   ∂C/∂w[r,p,q,c,o] = Σ_ntij x[n, t·s + r·d, i·s + p·d, j·s + q·d, c]
 *                                           g[n,t,i,j,o]
 *                      ∂C/∂b[o] = Σ_ntij g[n,t,i,j,o]
 *
 * with g = ∂C/∂x_out. ∂C/∂x_in is ∂C/∂x without its border. Σ_rc is one sum: for each t, the
 * slices under the kernel are the channels of one image, and Σ_pq is the convolution of that image.
 *
 * Shapes: input [N, D, H, W, inChannels]; output, gradOutput [N, D', H', W', outChannels] with
 *         D' = ⌊(D + P − d (K_d − 1) − 1)/s⌋ + 1, where P is the total padding of both sides;
 *         weight [K_d, K_h, K_w, inChannels/groups, outChannels], in which the output channels of a
 *         group are consecutive; bias [outChannels].
 * Errors: an input or gradOutput of the wrong shape or dtype; a kernel larger than the padded
 *         input; channels that are not a multiple of the groups; bad sizes; a random `init` without
 *         `rng`.
 * Source: Ji, Xu, Yang, Yu 2010, "3D convolutional neural networks for human action recognition".
 *         Initial weights: Glorot & Bengio 2010, biases 0.
 *
 *     const box = new Conv3D(1, 8, 3, { padding: 'same', rng: new Rng(0) });
 *     box.infer(volumes);   // [N, D, H, W, 8]
 */
export class Conv3D extends Module<Tensor5D, Tensor5D, Conv3DCache> {
  override readonly params: {
    readonly weight: Variable<Rank.R5>;
    readonly bias?: Variable<Rank.R1>;
  };
  override readonly noDecay = ['bias'];
  override readonly hidesInfinity = false;
  readonly inChannels: number;
  readonly outChannels: number;
  readonly kernelSize: Three;
  readonly stride: Three;
  readonly padding: Three | 'valid' | 'same';
  readonly dilation: Three;
  readonly groups: number;
  readonly #options: Conv3DOptions;

  constructor(
    inChannels: number,
    outChannels: number,
    kernelSize: Triple,
    options: Conv3DOptions = {},
  ) {
    super();
    checkOptions(this, options, ['stride', 'padding', 'dilation', 'groups', 'bias', 'init', 'rng']);
    checkSize(this, 'inChannels', inChannels);
    checkSize(this, 'outChannels', outChannels);
    const { groups = 1, bias = true, init = glorotUniform, rng } = options;
    checkGroups(this, groups, { inChannels, outChannels });
    this.inChannels = inChannels;
    this.outChannels = outChannels;
    this.kernelSize = triple(this, 'kernelSize', kernelSize);
    this.stride = triple(this, 'stride', options.stride ?? 1);
    this.padding = checkPadding3D(this, options.padding ?? 'valid');
    this.dilation = triple(this, 'dilation', options.dilation ?? 1);
    this.groups = groups;
    this.#options = options;
    const cells = this.kernelSize.reduce((product, size) => product * size);
    const [groupIn, groupOut] = [inChannels / groups, outChannels / groups];
    const fan = { fanIn: cells * groupIn, fanOut: cells * groupOut };
    const shape: [number, number, number, number, number] = [
      ...this.kernelSize,
      groupIn,
      outChannels,
    ];
    this.params = {
      weight: createParam(this, 'weight', shape, fan, init, rng),
      ...(bias && { bias: createParam(this, 'bias', [outChannels], fan, zeros) }),
    };
  }

  forward(input: Tensor5D): ForwardResult<Tensor5D, Conv3DCache> {
    checkTensor(this, 'forward', 'input', input, ['N', 'D', 'H', 'W', this.inChannels]);
    const geometry = this.#geometry(input.shape);
    const output = tidy(() => {
      const images = depthWindows(input, geometry.depth, this.groups);
      const filters = filtersOfImages(this.params.weight);
      const slices = groupedConv2d(images, filters, geometry, this.groups, this.params.bias);
      return reshape<Rank.R5>(slices, this.#outputShape(input.shape, geometry));
    });
    return { output, cache: { input: input.clone(), geometry } };
  }

  backpropToInput(gradOutput: Tensor5D, { input, geometry }: Conv3DCache): Tensor5D {
    checkGradOutput(this, 'backpropToInput', gradOutput, this.#outputShape(input.shape, geometry));
    return tidy(() => {
      const filters = filtersOfImages(this.params.weight);
      const gradSlices = slicesOf(gradOutput);
      const gradImages = groupedConv2dToInput(gradSlices, filters, geometry, this.groups);
      return depthWindowsToInput(gradImages, geometry.depth, this.groups);
    });
  }

  override backpropToParams(gradOutput: Tensor5D, { input, geometry }: Conv3DCache) {
    checkGradOutput(this, 'backpropToParams', gradOutput, this.#outputShape(input.shape, geometry));
    const weight = tidy(() => {
      const images = depthWindows(input, geometry.depth, this.groups);
      const gradSlices = slicesOf(gradOutput);
      const gradFilters = groupedConv2dToFilter(images, gradSlices, geometry, this.groups);
      return filtersOfVolumes(gradFilters, geometry.depth.kernel);
    });
    return { weight, ...(this.params.bias && { bias: sumLeading(gradOutput) }) };
  }

  override facts([input]: readonly Shape[]): Facts {
    checkShape(this, 'forward', 'input', input, ['N', 'D', 'H', 'W', this.inChannels]);
    const geometry = this.#geometry(input);
    const { depth, height, width } = geometry;
    const outputShape = this.#outputShape(input, geometry);
    return {
      outputShape,
      window: {
        axes: [depth, height, width].map((axis) => slidingAxis(axis)),
        channels: groupedChannels(this.outChannels / this.groups, this.inChannels / this.groups),
      },
      multiplyAdds: depth.output * height.output * width.output * this.params.weight.size,
    };
  }

  override withChannelMap(map: ChannelMap): Conv3D {
    const { inChannels, outChannels, kernelSize, stride, padding, dilation, groups } = this;
    const options = { stride, padding, dilation, groups, init: zeros };
    return assignMapped(new Conv3D(inChannels, outChannels, kernelSize, options), this.params, map);
  }

  override forInput(input: Shape, rng: Rng): Conv3D {
    const { outChannels, kernelSize } = this;
    return new Conv3D(input[4], outChannels, kernelSize, renewed(this.#options, rng));
  }

  override describe(): string {
    const groups = this.groups > 1 ? `, ${this.groups} groups` : '';
    return `${this.outChannels} ${describeWindows(this, 'always')}${groups}`;
  }

  #geometry([, ...sizes]: Shape): Geometry3D {
    return volumeGeometry(this, sizes, this);
  }

  #outputShape([batch]: Shape, geometry: Geometry3D): [number, number, number, number, number] {
    return [batch, ...outputSizes(geometry), this.outChannels];
  }
}
