import type { Rank, Tensor4D, Variable } from '@tensorflow/tfjs-core';
import { checkChoice, checkGradOutput, checkSize, checkTensor } from '../lib/check.ts';
import { checkPadding, pair, slideOver, type Geometry, type Padding, type Pair } from '../lib/geometry.ts';
import { createParam, glorotUniform, zeros, type Initializer } from '../lib/init.ts';
import { conv2d, conv2dToFilter, conv2dToInput } from '../lib/kernels/conv2d.ts';
import { sumLeading } from '../lib/kernels/sumLeading.ts';
import { Module, type Forward } from '../lib/module.ts';
import type { Rng } from '../lib/rng.ts';

/**
 * The convolution of images with a bank of filters; as in all frameworks, the kernel is not flipped. With stride
 * s and t cells of zero padding before the first pixel (taken per axis), x_in being 0 in the padding:
 *
 *   forward            x_out[n,i,j,o] = b[o] + Σ_pqc x_in[n, i·s + p − t, j·s + q − t, c] w[p,q,c,o]
 *   backpropToInput    ∂C/∂x_in[n,y,x,c] = Σ_o Σ_{(i,p): i·s+p−t=y} Σ_{(j,q): j·s+q−t=x} g[n,i,j,o] w[p,q,c,o]
 *   backpropToParams   ∂C/∂w[p,q,c,o] = Σ_nij x_in[n, i·s + p − t, j·s + q − t, c] g[n,i,j,o]
 *                      ∂C/∂b[o] = Σ_nij g[n,i,j,o]
 *
 * with g = ∂C/∂x_out. The gradient that falls on the padding is dropped: the zeros are no input.
 *
 * Shapes: input [N, H, W, inChannels]; output, gradOutput [N, H', W', outChannels] with
 *         H' = ⌊(H + padding − K_h)/s⌋ + 1; weight [K_h, K_w, inChannels, outChannels]; bias [outChannels].
 * Errors: an input or gradOutput of another shape or dtype; a kernel larger than the padded input; bad sizes.
 * Source: lecture, "Filtering"; LeCun et al. 1989. Initial weights: Glorot & Bengio 2010, biases 0.
 */
export interface Conv2DOptions {
  readonly stride?: Pair;
  /** A number or pair of cells on both sides, `'valid'` (none, the default) or `'same'` (⌈size/stride⌉ outputs). */
  readonly padding?: Padding;
  readonly paddingMode?: 'zeros';
  readonly bias?: boolean;
  readonly init?: Initializer;
  readonly rng?: Rng;
}

export interface Conv2DCache {
  readonly input: Tensor4D;
  readonly geometry: Geometry;
}

export class Conv2D extends Module<Tensor4D, Tensor4D, Conv2DCache> {
  override readonly params: { readonly weight: Variable<Rank.R4>; readonly bias?: Variable<Rank.R1> };
  readonly inChannels: number;
  readonly outChannels: number;
  readonly kernelSize: readonly [number, number];
  readonly stride: readonly [number, number];
  readonly padding: Padding;

  constructor(inChannels: number, outChannels: number, kernelSize: Pair, options: Conv2DOptions = {}) {
    super();
    checkSize(this, 'inChannels', inChannels);
    checkSize(this, 'outChannels', outChannels);
    const {
      stride = 1,
      padding = 'valid',
      paddingMode = 'zeros',
      bias = true,
      init = glorotUniform,
      rng,
    } = options;
    checkChoice(this, 'paddingMode', paddingMode, ['zeros']);
    this.inChannels = inChannels;
    this.outChannels = outChannels;
    this.kernelSize = pair(this, 'kernelSize', kernelSize);
    this.stride = pair(this, 'stride', stride);
    this.padding = checkPadding(this, padding);
    const [height, width] = this.kernelSize;
    const fan = { fanIn: height * width * inChannels, fanOut: height * width * outChannels };
    this.params = {
      weight: createParam(this, 'weight', [height, width, inChannels, outChannels], fan, init, rng),
      ...(bias && { bias: createParam(this, 'bias', [outChannels], fan, zeros) }),
    };
  }

  forward(input: Tensor4D): Forward<Tensor4D, Conv2DCache> {
    checkTensor(this, 'forward', 'input', input, ['N', 'H', 'W', this.inChannels]);
    const geometry = slideOver(this, input.shape[1], input.shape[2], { ...this, dilation: [1, 1] });
    const output = conv2d(input, this.params.weight, geometry, this.params.bias);
    return { output, cache: { input: input.clone(), geometry } };
  }

  backpropToInput(gradOutput: Tensor4D, { input, geometry }: Conv2DCache): Tensor4D {
    checkGradOutput(this, 'backpropToInput', gradOutput, this.#outputShape(input, geometry));
    return conv2dToInput(gradOutput, this.params.weight, geometry);
  }

  override backpropToParams(gradOutput: Tensor4D, { input, geometry }: Conv2DCache) {
    checkGradOutput(this, 'backpropToParams', gradOutput, this.#outputShape(input, geometry));
    const weight = conv2dToFilter(input, gradOutput, geometry);
    return { weight, ...(this.params.bias && { bias: sumLeading(gradOutput) }) };
  }

  #outputShape(input: Tensor4D, { height, width }: Geometry) {
    return [input.shape[0], height.output, width.output, this.outChannels];
  }
}
