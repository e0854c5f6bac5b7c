import {
  add,
  reshape,
  type Rank,
  type Tensor3D,
  type Tensor4D,
  type Variable,
} from '@tensorflow/tfjs-core';
import { checkGradOutput, checkSize, checkTensor } from '../lib/check.ts';
import {
  checkFits,
  checkPadding1D,
  axisGeometry,
  type Geometry,
  type Padding1D,
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

/**
 * A convolution of sequences that shares no weights: each place i of the output has filters and biases of its own. With
 * stride s and t cells of zero padding before the first element, x_in being 0 in the padding:
 *
 *   forward            x_out[n,i,o] = b[i,o] + Σ_pc x_in[n, i·s + p − t, c] w[i,p,c,o]
 *   backpropToInput    ∂C/∂x_in[n,y,c] = Σ_o Σ_{(i,p): i·s+p−t=y} g[n,i,o] w[i,p,c,o]
 *   backpropToParams   ∂C/∂w[i,p,c,o] = Σ_n x_in[n, i·s + p − t, c] g[n,i,o]
 *                      ∂C/∂b[i,o] = Σ_n g[n,i,o]
 *
 * with g = ∂C/∂x_out. The gradient that falls on the padding is dropped: the zeros are no input. A sequence is computed
 * as an image of one row.
 *
 * Shapes: input [N, L, inChannels]; output, gradOutput [N, L', outChannels], L' = ⌊(L + padding − K)/s⌋ + 1; weight
 *         [L', K, inChannels, outChannels]; bias [L', outChannels].
 * Errors: an input or gradOutput of another shape or dtype; a kernel larger than the padded input; bad sizes; a random
 *         `init` without `rng`.
 * Source: LeCun 1989, "Generalization and network design strategies". Initial weights: Glorot & Bengio 2010, biases 0.
 */
export interface LocallyConnected1DOptions {
  readonly stride?: number;
  /** Cells on both sides, `'valid'` (none, the default) or `'same'` (⌈length/stride⌉ outputs). */
  readonly padding?: Padding1D;
  readonly bias?: boolean;
  readonly init?: Initializer;
  readonly rng?: Rng;
}

export interface LocallyConnected1DCache {
  /** The input as images of one row. */
  readonly images: Tensor4D;
}

export class LocallyConnected1D extends Module<Tensor3D, Tensor3D, LocallyConnected1DCache> {
  override readonly params: {
    readonly weight: Variable<Rank.R4>;
    readonly bias?: Variable<Rank.R2>;
  };
  readonly inputLength: number;
  readonly inChannels: number;
  readonly outChannels: number;
  readonly kernelSize: number;
  readonly stride: number;
  readonly padding: Padding1D;
  readonly geometry: Geometry;

  constructor(
    inputLength: number,
    inChannels: number,
    outChannels: number,
    kernelSize: number,
    options: LocallyConnected1DOptions = {},
  ) {
    super();
    const { stride = 1, bias = true, init = glorotUniform, rng } = options;
    for (const [what, size] of Object.entries({
      inputLength,
      inChannels,
      outChannels,
      kernelSize,
      stride,
    })) {
      checkSize(this, what, size);
    }
    this.inputLength = inputLength;
    this.inChannels = inChannels;
    this.outChannels = outChannels;
    this.kernelSize = kernelSize;
    this.stride = stride;
    this.padding = checkPadding1D(this, options.padding ?? 'valid');
    const width = axisGeometry(inputLength, kernelSize, stride, 1, this.padding);
    checkFits(this, [width], 'constructor');
    this.geometry = { height: axisGeometry(1, 1, 1, 1, 0), width };
    const fan = { fanIn: kernelSize * inChannels, fanOut: kernelSize * outChannels };
    this.params = {
      weight: createParam(
        this,
        'weight',
        [width.output, kernelSize, inChannels, outChannels],
        fan,
        init,
        rng,
      ),
      ...(bias && { bias: createParam(this, 'bias', [width.output, outChannels], fan, zeros) }),
    };
  }

  forward(input: Tensor3D): ForwardResult<Tensor3D, LocallyConnected1DCache> {
    checkTensor(this, 'forward', 'input', input, ['N', this.inputLength, this.inChannels]);
    const { bias } = this.params;
    return tidy(() => {
      const images: Tensor4D = reshape(input, [
        input.shape[0],
        1,
        this.inputLength,
        this.inChannels,
      ]);
      const weighted = locallyConnected(images, this.#filters(), this.geometry);
      const output: Tensor3D = bias ? add(weighted, bias) : weighted;
      return { output, cache: { images } };
    });
  }

  backpropToInput(gradOutput: Tensor3D, { images }: LocallyConnected1DCache): Tensor3D {
    checkGradOutput(this, 'backpropToInput', gradOutput, this.#outputShape(images));
    return tidy(() => {
      const grad = locallyConnectedToInput(
        gradOutput,
        this.#filters(),
        this.inChannels,
        this.geometry,
      );
      return reshape(grad, [images.shape[0], this.inputLength, this.inChannels]);
    });
  }

  override backpropToParams(gradOutput: Tensor3D, { images }: LocallyConnected1DCache) {
    checkGradOutput(this, 'backpropToParams', gradOutput, this.#outputShape(images));
    const weight = tidy(() => {
      const grad = locallyConnectedToFilters(images, gradOutput, this.geometry);
      return reshape(grad, this.params.weight.shape);
    });
    return { weight, ...(this.params.bias && { bias: sumLeading(gradOutput, 2) }) };
  }

  /** The weights, one matrix a place. */
  #filters(): Tensor3D {
    return reshape(this.params.weight, [this.geometry.width.output, -1, this.outChannels]);
  }

  #outputShape(images: Tensor4D) {
    return [images.shape[0], this.geometry.width.output, this.outChannels];
  }
}
