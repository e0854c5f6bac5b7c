import { add, type Rank, type Tensor4D, type Variable } from '@tensorflow/tfjs-core';
import { checkGradOutput, checkSize, checkTensor } from '../lib/check.ts';
import { BoxError } from '../lib/errors.ts';
import { checkGroups, pair, type Axis, type Geometry, type Pair } from '../lib/geometry.ts';
import { createParam, glorotUniform, zeros, type Initializer } from '../lib/init/initializers.ts';
import {
  groupedConv2d,
  groupedConv2dToFilter,
  groupedConv2dToInput,
} from '../lib/kernels/conv2d/groupedConv2d.ts';
import { sumLeading } from '../lib/kernels/reduce/sumLeading.ts';
import { tidy } from '../lib/memory.ts';
import { Module, type ForwardResult } from '../lib/module.ts';
import type { Rng } from '../lib/rng.ts';

/**
 * The transposed convolution, which makes images larger: forward is what `backpropToInput` is in Conv2D, and
 * backpropToInput is Conv2D's forward. Each pixel puts the kernel, times its value, into the output; neighbours lie a
 * stride s apart and overlaps add up. With dilation d and t cells cut off at each side (all taken per axis), c and o
 * being of the same group:
 *
 *   forward            x_out[n,y,x,o] = b[o] + Σ_c Σ_{(i,p): i·s+p·d−t=y} Σ_{(j,q): j·s+q·d−t=x} x_in[n,i,j,c] w[p,q,o,c]
 *   backpropToInput    ∂C/∂x_in[n,i,j,c] = Σ_pqo g[n, i·s + p·d − t, j·s + q·d − t, o] w[p,q,o,c]
 *   backpropToParams   ∂C/∂w[p,q,o,c] = Σ_nij g[n, i·s + p·d − t, j·s + q·d − t, o] x_in[n,i,j,c]
 *                      ∂C/∂b[o] = Σ_nyx g[n,y,x,o]
 *
 * with g = ∂C/∂x_out, 0 outside of the output. `outputPadding` adds rows and columns at the end: under a stride s, a
 * convolution takes s sizes to the same one, and this says which of them to go back to.
 *
 * Shapes: input [N, H, W, inChannels]; output, gradOutput [N, H', W', outChannels] with
 *         H' = (H − 1) s − 2 padding + d (K_h − 1) + outputPadding + 1; weight [K_h, K_w, outChannels/groups,
 *         inChannels], the kernel of the Conv2D from output to input that this is the adjoint of; bias [outChannels].
 * Errors: an input or gradOutput of another shape or dtype; padding that leaves no output; an outputPadding that is not
 *         smaller than the stride; channels that are no multiple of the groups; bad sizes; a random `init` without
 *         `rng`.
 * Source: Zeiler et al. 2010, "Deconvolutional networks"; Long et al. 2015, arXiv:1411.4038, section 3.3; sizes as in
 *         PyTorch. Initial weights: Glorot & Bengio 2010, biases 0.
 */
export interface ConvTranspose2DOptions {
  readonly stride?: Pair;
  /** Cells cut off on both sides: the padding of the convolution that is transposed. */
  readonly padding?: Pair;
  readonly outputPadding?: Pair;
  readonly dilation?: Pair;
  readonly groups?: number;
  readonly bias?: boolean;
  readonly init?: Initializer;
  readonly rng?: Rng;
}

export interface ConvTranspose2DCache {
  readonly input: Tensor4D;
  /** The windows of the convolution from output to input. */
  readonly geometry: Geometry;
}

export class ConvTranspose2D extends Module<Tensor4D, Tensor4D, ConvTranspose2DCache> {
  override readonly params: {
    readonly weight: Variable<Rank.R4>;
    readonly bias?: Variable<Rank.R1>;
  };
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
    if (this.outputPadding.some((cells, axis) => cells >= this.stride[axis])) {
      throw new BoxError(
        ['ConvTranspose2D'],
        `expected outputPadding below the stride, ${this.stride.join('x')}, got ${this.outputPadding.join('x')}`,
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
    const geometry = this.#windowsOver(input.shape[1], input.shape[2]);
    const { weight, bias } = this.params;
    return tidy(() => {
      const spread = groupedConv2dToInput(input, weight, geometry, this.groups);
      const output: Tensor4D = bias ? add(spread, bias) : spread;
      return { output, cache: { input: input.clone(), geometry } };
    });
  }

  backpropToInput(gradOutput: Tensor4D, { input, geometry }: ConvTranspose2DCache): Tensor4D {
    checkGradOutput(this, 'backpropToInput', gradOutput, this.#outputShape(input, geometry));
    return groupedConv2d(gradOutput, this.params.weight, geometry, this.groups);
  }

  override backpropToParams(gradOutput: Tensor4D, { input, geometry }: ConvTranspose2DCache) {
    checkGradOutput(this, 'backpropToParams', gradOutput, this.#outputShape(input, geometry));
    const weight = groupedConv2dToFilter(gradOutput, input, geometry, this.groups);
    return { weight, ...(this.params.bias && { bias: sumLeading(gradOutput) }) };
  }

  /** The windows over the output, one for each pixel of an input of this size. */
  #windowsOver(inputHeight: number, inputWidth: number): Geometry {
    const along = (at: 0 | 1, windows: number): Axis => {
      const [kernel, stride, dilation] = [this.kernelSize[at], this.stride[at], this.dilation[at]];
      const padding = this.padding[at];
      const reach = dilation * (kernel - 1) + 1;
      const size = (windows - 1) * stride - 2 * padding + reach + this.outputPadding[at];
      return {
        input: size,
        output: windows,
        kernel,
        stride,
        dilation,
        before: padding,
        after: padding,
      };
    };
    const [height, width] = [along(0, inputHeight), along(1, inputWidth)];
    if (height.input < 1 || width.input < 1) {
      throw new BoxError(
        ['ConvTranspose2D.forward'],
        `expected an output of at least 1x1, got ${height.input}x${width.input} from ${inputHeight}x${inputWidth}`,
      );
    }
    return { height, width };
  }

  #outputShape(input: Tensor4D, { height, width }: Geometry) {
    return [input.shape[0], height.input, width.input, this.outChannels];
  }
}
