import { add, type Rank, type Tensor4D, type Variable } from '@tensorflow/tfjs-core';
import { checkGradOutput, checkOptions, checkShape, checkSize, checkTensor } from '../lib/check.ts';
import { BoxError } from '../lib/errors.ts';
import type { AxisWindow, Facts, Shape } from '../lib/facts.ts';
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
import { groupedChannels, perPosition } from '../lib/window.ts';

/** The options of `ConvTranspose2D`. */
export interface ConvTranspose2DOptions {
  /**
   * s, the distance in the output between the kernels of neighbouring pixels of the input; 1 by
   * default.
   */
  readonly stride?: Pair;
  /**
   * t, the number of pixels cut off on each side, 0 by default: the padding of the convolution that
   * is transposed.
   */
  readonly padding?: Pair;
  /** Rows and columns added at the end, fewer than the stride; 0 by default. */
  readonly outputPadding?: Pair;
  /** d, the distance between neighbouring elements of the kernel; 1 by default. */
  readonly dilation?: Pair;
  /** The number of groups that the channels fall into, 1 by default. */
  readonly groups?: number;
  /** Whether the box has a b; true by default. */
  readonly bias?: boolean;
  /** The initial w, `glorotUniform` by default. */
  readonly init?: Initializer;
  /** The generator that draws the initial w; a random `init` requires it. */
  readonly rng?: Rng;
}

/** The values that `ConvTranspose2D` keeps for its backward methods. */
export interface ConvTranspose2DCache {
  readonly input: Tensor4D;
  /** The windows of the convolution from output to input. */
  readonly geometry: Geometry;
}

/**
 * The transposed convolution, which makes images larger: its forward is the `backpropToInput` of
 * Conv2D, and its backpropToInput is the forward of Conv2D. Each pixel puts the kernel, times its
 * value, into the output; the kernels of neighbours are a stride s apart, and add up where they
 * overlap. With dilation d and t pixels cut off at each side (all taken per axis), and c and o in
 * the same group:
 *
 *   forward            x_out[n,y,x,o] = b[o] + Σ_c Σ_{(i,p): i·s+p·d−t=y} Σ_{(j,q): j·s+q·d−t=x}
 *                                         x_in[n,i,j,c] w[p,q,o,c]
 *   backpropToInput    ∂C/∂x_in[n,i,j,c] = Σ_pqo g[n, i·s + p·d − t, j·s + q·d − t, o] w[p,q,o,c]
 *   backpropToParams   ∂C/∂w[p,q,o,c] = Σ_nij g[n, i·s + p·d − t, j·s + q·d − t, o] x_in[n,i,j,c]
 *                      ∂C/∂b[o] = Σ_nyx g[n,y,x,o]
 *
 * with g = ∂C/∂x_out, 0 outside of the output. A convolution with stride s maps s different input
 * sizes to the same output size. `outputPadding` adds rows and columns at the end, and so chooses
 * among these sizes.
 *
 * Shapes: input [N, H, W, inChannels]; output, gradOutput [N, H', W', outChannels] with H' = (H −
 *         1) s − 2 padding + d (K_h − 1) + outputPadding + 1; weight [K_h, K_w, outChannels/groups,
 *         inChannels], as for the Conv2D from output to input, whose adjoint this box is; bias
 *         [outChannels].
 * Errors: an input or gradOutput of another shape or dtype; padding that leaves no output; an
 *         outputPadding that is not smaller than the stride; channels that are not a multiple of
 *         the groups; bad sizes; a random `init` without `rng`.
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
    const geometry = this.#geometry(input.shape);
    const { weight, bias } = this.params;
    return tidy(() => {
      const spread = groupedConv2dToInput(input, weight, geometry, this.groups);
      const output: Tensor4D = bias ? add(spread, bias) : spread;
      return { output, cache: { input: input.clone(), geometry } };
    });
  }

  backpropToInput(gradOutput: Tensor4D, { input, geometry }: ConvTranspose2DCache): Tensor4D {
    checkGradOutput(this, 'backpropToInput', gradOutput, this.#outputShape(input.shape, geometry));
    return groupedConv2d(gradOutput, this.params.weight, geometry, this.groups);
  }

  override backpropToParams(gradOutput: Tensor4D, { input, geometry }: ConvTranspose2DCache) {
    checkGradOutput(this, 'backpropToParams', gradOutput, this.#outputShape(input.shape, geometry));
    const weight = groupedConv2dToFilter(gradOutput, input, geometry, this.groups);
    return { weight, ...(this.params.bias && { bias: sumLeading(gradOutput) }) };
  }

  override facts([input]: readonly Shape[]): Facts {
    checkShape(this, 'forward', 'input', input, ['N', 'H', 'W', this.inChannels]);
    const geometry = this.#geometry(input);
    const { height, width } = geometry;
    return {
      outputShape: this.#outputShape(input, geometry),
      window: {
        axes: [height, width].map(transposedAxis),
        channels: groupedChannels(this.outChannels / this.groups, this.inChannels / this.groups),
      },
      multiplyAdds: height.output * width.output * this.params.weight.size,
    };
  }

  /** The windows over the output, one per pixel of the input. */
  #geometry([, inputHeight, inputWidth]: Shape): Geometry {
    const along = (at: 0 | 1, output: number): Axis => {
      const [kernel, stride, dilation] = [this.kernelSize[at], this.stride[at], this.dilation[at]];
      const [before, after] = [this.padding[at], this.padding[at]];
      const reach = dilation * (kernel - 1) + 1;
      const input = (output - 1) * stride - before - after + reach + this.outputPadding[at];
      return { input, output, kernel, stride, dilation, before, after };
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

  #outputShape([batch]: Shape, { height, width }: Geometry) {
    return [batch, height.input, width.input, this.outChannels];
  }
}

/**
 * Returns the pixels whose kernel contains an output pixel: element q of the kernel of pixel i
 * falls on i·s + q·d − t.
 */
function transposedAxis({ output: pixels, kernel, stride, dilation, before }: Axis): AxisWindow {
  return {
    size: Math.ceil((dilation * (kernel - 1) + 1) / stride),
    step: 1 / stride,
    inputsOf: perPosition((position) =>
      Array.from(
        { length: kernel },
        (_, tap) => (position + before - tap * dilation) / stride,
      ).filter((pixel) => Number.isInteger(pixel) && pixel >= 0 && pixel < pixels),
    ),
  };
}
