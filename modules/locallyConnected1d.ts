import {
  add,
  reshape,
  type Rank,
  type Tensor3D,
  type Tensor4D,
  type Variable,
} from '@tensorflow/tfjs-core';
import { checkGradOutput, checkOptions, checkShape, checkSize, checkTensor } from '../lib/check.ts';
import type { Facts, Shape } from '../lib/facts.ts';
import { checkPadding1D, type Geometry, type Padding1D } from '../lib/geometry.ts';
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
import { asImage, asSequence, sequenceGeometry } from '../lib/sequence.ts';
import { allPositions, slidingAxis } from '../lib/window.ts';

/** The options of `LocallyConnected1D`. */
export interface LocallyConnected1DOptions {
  /** s, in elements of the sequence; 1 by default. */
  readonly stride?: number;
  /**
   * The number of zeros that are added on each side; `'valid'` adds none and is the default;
   * `'same'` gives ⌈length/stride⌉ outputs.
   */
  readonly padding?: Padding1D;
  /** Whether the box adds a bias b; true by default. */
  readonly bias?: boolean;
  /** The initial weights w, `glorotUniform` by default. */
  readonly init?: Initializer;
  /** The generator that draws the initial weights; a random `init` requires it. */
  readonly rng?: Rng;
}

/** The values that `LocallyConnected1D` keeps for its backward methods. */
export interface LocallyConnected1DCache {
  /** The input as images of one row. */
  readonly images: Tensor4D;
}

/**
 * A convolution of sequences without shared weights: each position i of the output has its own
 * filters and biases. With stride s and t zeros of padding before the first element, and x_in = 0
 * in the padding:
 *
 *   forward            x_out[n,i,o] = b[i,o] + Σ_pc x_in[n, i·s + p − t, c] w[i,p,c,o]
 *   backpropToInput    ∂C/∂x_in[n,y,c] = Σ_o Σ_{(i,p): i·s+p−t=y} g[n,i,o] w[i,p,c,o]
 *   backpropToParams   ∂C/∂w[i,p,c,o] = Σ_n x_in[n, i·s + p − t, c] g[n,i,o]
 *                      ∂C/∂b[i,o] = Σ_n g[n,i,o]
 *
 * with g = ∂C/∂x_out. The gradient that falls on the padding is dropped, because the zeros are not
 * part of the input. A sequence is treated as an image of one row.
 *
 * Shapes: input [N, L, inChannels]; output, gradOutput [N, L', outChannels] with
 *         L' = ⌊(L + P − K)/s⌋ + 1, where P is the total padding of both sides; weight
 *         [L', K, inChannels, outChannels]; bias [L', outChannels].
 * Errors: an input or gradOutput of the wrong shape or dtype; a kernel larger than the padded
 *         input; bad sizes; a random `init` without `rng`.
 * Source: LeCun 1989, "Generalization and network design strategies". Initial weights: Glorot &
 *         Bengio 2010, biases 0.
 *
 *     const box = new LocallyConnected1D(16, 3, 8, 5, { rng: new Rng(0) });
 *     box.infer(sequences);   // [N, 16, 3] to [N, 12, 8]
 */
export class LocallyConnected1D extends Module<Tensor3D, Tensor3D, LocallyConnected1DCache> {
  override readonly params: {
    readonly weight: Variable<Rank.R4>;
    readonly bias?: Variable<Rank.R2>;
  };
  override readonly noDecay = ['bias'];
  override readonly hidesInfinity = false;
  readonly inputLength: number;
  readonly inChannels: number;
  readonly outChannels: number;
  readonly kernelSize: number;
  readonly stride: number;
  readonly padding: Padding1D;
  readonly geometry: Geometry;

  /** @param inputLength the length of the sequences. */
  constructor(
    inputLength: number,
    inChannels: number,
    outChannels: number,
    kernelSize: number,
    options: LocallyConnected1DOptions = {},
  ) {
    super();
    checkOptions(this, options, ['stride', 'padding', 'bias', 'init', 'rng']);
    const { stride = 1, bias = true, init = glorotUniform, rng } = options;
    checkSize(this, 'inputLength', inputLength);
    checkSize(this, 'inChannels', inChannels);
    checkSize(this, 'outChannels', outChannels);
    checkSize(this, 'kernelSize', kernelSize);
    checkSize(this, 'stride', stride);
    this.inputLength = inputLength;
    this.inChannels = inChannels;
    this.outChannels = outChannels;
    this.kernelSize = kernelSize;
    this.stride = stride;
    this.padding = checkPadding1D(this, options.padding ?? 'valid');
    this.geometry = sequenceGeometry(this, inputLength, this, 'constructor');
    const length = this.geometry.width.output;
    const shape: [number, number, number, number] = [length, kernelSize, inChannels, outChannels];
    const fan = { fanIn: kernelSize * inChannels, fanOut: kernelSize * outChannels };
    this.params = {
      weight: createParam<Rank.R4>(this, 'weight', shape, fan, init, rng),
      ...(bias && { bias: createParam(this, 'bias', [length, outChannels], fan, zeros) }),
    };
  }

  forward(input: Tensor3D): ForwardResult<Tensor3D, LocallyConnected1DCache> {
    checkTensor(this, 'forward', 'input', input, ['N', this.inputLength, this.inChannels]);
    const { bias } = this.params;
    return tidy(() => {
      const images = asImage(input);
      const weighted = locallyConnected(images, this.#filters(), this.geometry);
      const output: Tensor3D = bias ? add(weighted, bias) : weighted;
      return { output, cache: { images } };
    });
  }

  backpropToInput(gradOutput: Tensor3D, { images }: LocallyConnected1DCache): Tensor3D {
    checkGradOutput(this, 'backpropToInput', gradOutput, this.#outputShape(images.shape));
    return tidy(() => {
      const filters = this.#filters();
      return asSequence(
        locallyConnectedToInput(gradOutput, filters, this.inChannels, this.geometry),
      );
    });
  }

  override backpropToParams(gradOutput: Tensor3D, { images }: LocallyConnected1DCache) {
    checkGradOutput(this, 'backpropToParams', gradOutput, this.#outputShape(images.shape));
    const weight = tidy(() => {
      const grad = locallyConnectedToFilters(images, gradOutput, this.geometry);
      return reshape(grad, this.params.weight.shape);
    });
    return { weight, ...(this.params.bias && { bias: sumLeading(gradOutput, 2) }) };
  }

  override facts([input]: readonly Shape[]): Facts {
    checkShape(this, 'forward', 'input', input, ['N', this.inputLength, this.inChannels]);
    return {
      outputShape: this.#outputShape(input),
      window: {
        axes: [slidingAxis(this.geometry.width)],
        channels: allPositions(this.inChannels),
      },
      multiplyAdds: this.params.weight.size,
    };
  }

  /** The weights, one matrix per position. */
  #filters(): Tensor3D {
    return reshape(this.params.weight, [this.geometry.width.output, -1, this.outChannels]);
  }

  #outputShape([batch]: Shape) {
    return [batch, this.geometry.width.output, this.outChannels];
  }
}
