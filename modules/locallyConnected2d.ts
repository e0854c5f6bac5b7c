import {
  add,
  reshape,
  type Rank,
  type Tensor3D,
  type Tensor4D,
  type Variable,
} from '@tensorflow/tfjs-core';
import {
  checkGradOutput,
  checkOptions,
  checkShape,
  checkSize,
  checkTensor,
  type ShapePattern,
} from '../lib/check.ts';
import type { Facts, Shape } from '../lib/facts.ts';
import {
  checkPadding,
  pair,
  convGeometry,
  type Geometry,
  type Padding,
  type Pair,
} from '../lib/geometry.ts';
import { createParam, glorotUniform, zeros, type Initializer } from '../lib/init/initializers.ts';
import {
  locallyConnected,
  locallyConnectedToFilters,
  locallyConnectedToInput,
} from '../lib/kernels/locallyConnected/locallyConnected.ts';
import { sumLeading } from '../lib/kernels/reduce/sumLeading.ts';
import { tidy } from '../lib/memory.ts';
import { Module, type ForwardResult } from '../lib/module.ts';
import type { Rng } from '../lib/rng.ts';
import { allPositions, slidingAxis } from '../lib/window.ts';

/** The options of `LocallyConnected2D`. */
export interface LocallyConnected2DOptions {
  /** s, in pixels; 1 by default. */
  readonly stride?: Pair;
  /**
   * The number of zeros that are added on each side, or a pair of such numbers; `'valid'` adds none
   * and is the default; `'same'` gives ⌈size/stride⌉ outputs.
   */
  readonly padding?: Padding;
  /** Whether the box adds a bias b; true by default. */
  readonly bias?: boolean;
  /** The initial weights w, `glorotUniform` by default. */
  readonly init?: Initializer;
  /** The generator that draws the initial weights; a random `init` requires it. */
  readonly rng?: Rng;
}

/** The values that `LocallyConnected2D` keeps for its backward methods. */
export interface LocallyConnected2DCache {
  readonly input: Tensor4D;
}

/**
 * A convolution without shared weights: each position (i, j) of the output has its own filters and
 * biases. With stride s and t zeros of padding before the first pixel (both per axis), and x_in = 0
 * in the padding:
 *
 *   forward            x_out[n,i,j,o] = b[i,j,o]
 *                                       + Σ_pqc x_in[n, i·s + p − t, j·s + q − t, c] w[i,j,p,q,c,o]
 *   backpropToInput    ∂C/∂x_in[n,y,x,c] = Σ_o Σ_{(i,p): i·s+p−t=y} Σ_{(j,q): j·s+q−t=x}
 *                                            g[n,i,j,o] w[i,j,p,q,c,o]
 *   backpropToParams   ∂C/∂w[i,j,p,q,c,o] = Σ_n x_in[n, i·s + p − t, j·s + q − t, c] g[n,i,j,o]
 *                      ∂C/∂b[i,j,o] = Σ_n g[n,i,j,o]
 *
 * with g = ∂C/∂x_out. The gradient that falls on the padding is dropped, because the zeros are not
 * part of the input.
 *
 * Shapes: input [N, H, W, inChannels]; output, gradOutput [N, H', W', outChannels] with
 *         H' = ⌊(H + P − K_h)/s⌋ + 1, where P is the total padding of both sides; weight
 *         [H', W', K_h, K_w, inChannels, outChannels]; bias [H', W', outChannels].
 * Errors: an input or gradOutput of the wrong shape or dtype; a kernel larger than the padded
 *         input; bad sizes; a random `init` without `rng`.
 * Source: LeCun 1989, "Generalization and network design strategies"; Taigman et al. 2014,
 *         DeepFace. Initial weights: Glorot & Bengio 2010, biases 0.
 *
 *     const box = new LocallyConnected2D([16, 12], 3, 8, 5, { rng: new Rng(0) });
 *     box.infer(images);   // [N, 16, 12, 3] to [N, 12, 8, 8]
 */
export class LocallyConnected2D extends Module<Tensor4D, Tensor4D, LocallyConnected2DCache> {
  override readonly params: {
    readonly weight: Variable<Rank.R6>;
    readonly bias?: Variable<Rank.R3>;
  };
  override readonly noDecay = ['bias'];
  override readonly hidesInfinity = false;
  readonly inChannels: number;
  readonly outChannels: number;
  readonly kernelSize: readonly [number, number];
  readonly stride: readonly [number, number];
  readonly padding: Padding;
  readonly geometry: Geometry;

  /** @param inputSize the size of the images, [height, width], or one number for both. */
  constructor(
    inputSize: Pair,
    inChannels: number,
    outChannels: number,
    kernelSize: Pair,
    options: LocallyConnected2DOptions = {},
  ) {
    super();
    checkOptions(this, options, ['stride', 'padding', 'bias', 'init', 'rng']);
    const { bias = true, init = glorotUniform, rng } = options;
    const [inputHeight, inputWidth] = pair(this, 'inputSize', inputSize);
    checkSize(this, 'inChannels', inChannels);
    checkSize(this, 'outChannels', outChannels);
    this.inChannels = inChannels;
    this.outChannels = outChannels;
    this.kernelSize = pair(this, 'kernelSize', kernelSize);
    this.stride = pair(this, 'stride', options.stride ?? 1);
    this.padding = checkPadding(this, options.padding ?? 'valid');
    this.geometry = convGeometry(this, inputHeight, inputWidth, this, 'constructor');
    const { height: h, width: w } = this.geometry;
    const fan = {
      fanIn: h.kernel * w.kernel * inChannels,
      fanOut: h.kernel * w.kernel * outChannels,
    };
    const positions = [h.output, w.output] as const;
    this.params = {
      weight: createParam<Rank.R6>(
        this,
        'weight',
        [...positions, h.kernel, w.kernel, inChannels, outChannels],
        fan,
        init,
        rng,
      ),
      ...(bias && {
        bias: createParam<Rank.R3>(this, 'bias', [...positions, outChannels], fan, zeros),
      }),
    };
  }

  forward(input: Tensor4D): ForwardResult<Tensor4D, LocallyConnected2DCache> {
    checkTensor(this, 'forward', 'input', input, this.#inputShape);
    const { bias } = this.params;
    return tidy(() => {
      const positions = locallyConnected(input, this.#filters(), this.geometry);
      const weighted: Tensor4D = reshape(positions, this.#outputShape(input.shape));
      const output: Tensor4D = bias ? add(weighted, bias) : weighted;
      return { output, cache: { input: input.clone() } };
    });
  }

  backpropToInput(gradOutput: Tensor4D, { input }: LocallyConnected2DCache): Tensor4D {
    checkGradOutput(this, 'backpropToInput', gradOutput, this.#outputShape(input.shape));
    return tidy(() => {
      const grad = this.#positions(gradOutput);
      return locallyConnectedToInput(grad, this.#filters(), this.inChannels, this.geometry);
    });
  }

  override backpropToParams(gradOutput: Tensor4D, { input }: LocallyConnected2DCache) {
    checkGradOutput(this, 'backpropToParams', gradOutput, this.#outputShape(input.shape));
    const weight = tidy(() => {
      const grad = locallyConnectedToFilters(input, this.#positions(gradOutput), this.geometry);
      return reshape(grad, this.params.weight.shape);
    });
    return { weight, ...(this.params.bias && { bias: sumLeading(gradOutput, 3) }) };
  }

  override facts([input]: readonly Shape[]): Facts {
    checkShape(this, 'forward', 'input', input, this.#inputShape);
    const { height, width } = this.geometry;
    return {
      outputShape: this.#outputShape(input),
      window: {
        axes: [height, width].map((axis) => slidingAxis(axis)),
        channels: allPositions(this.inChannels),
      },
      multiplyAdds: this.params.weight.size,
    };
  }

  /** The weights, one matrix per position. */
  #filters(): Tensor3D {
    const { height, width } = this.geometry;
    return reshape(this.params.weight, [height.output * width.output, -1, this.outChannels]);
  }

  /** Reshapes gradOutput so that its rows and columns are one axis. */
  #positions(gradOutput: Tensor4D): Tensor3D {
    const [batch, height, width, channels] = gradOutput.shape;
    return reshape(gradOutput, [batch, height * width, channels]);
  }

  get #inputShape(): ShapePattern {
    const { height, width } = this.geometry;
    return ['N', height.input, width.input, this.inChannels];
  }

  #outputShape([batch]: Shape): [number, number, number, number] {
    const { height, width } = this.geometry;
    return [batch, height.output, width.output, this.outChannels];
  }
}
