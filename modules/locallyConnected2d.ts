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

/**
 * A convolution that shares no weights: each place (i, j) of the output has filters and biases of its own. With stride
 * s and t cells of zero padding before the first pixel (taken per axis), x_in being 0 in the padding:
 *
 *   forward            x_out[n,i,j,o] = b[i,j,o] + Σ_pqc x_in[n, i·s + p − t, j·s + q − t, c] w[i,j,p,q,c,o]
 *   backpropToInput    ∂C/∂x_in[n,y,x,c] = Σ_o Σ_{(i,p): i·s+p−t=y} Σ_{(j,q): j·s+q−t=x} g[n,i,j,o] w[i,j,p,q,c,o]
 *   backpropToParams   ∂C/∂w[i,j,p,q,c,o] = Σ_n x_in[n, i·s + p − t, j·s + q − t, c] g[n,i,j,o]
 *                      ∂C/∂b[i,j,o] = Σ_n g[n,i,j,o]
 *
 * with g = ∂C/∂x_out. The gradient that falls on the padding is dropped: the zeros are no input.
 *
 * Shapes: input [N, H, W, inChannels]; output, gradOutput [N, H', W', outChannels] with
 *         H' = ⌊(H + padding − K_h)/s⌋ + 1; weight [H', W', K_h, K_w, inChannels, outChannels]; bias [H', W',
 *         outChannels].
 * Errors: an input or gradOutput of another shape or dtype; a kernel larger than the padded input; bad sizes; a random
 *         `init` without `rng`.
 * Source: LeCun 1989, "Generalization and network design strategies"; Taigman et al. 2014, DeepFace. Initial weights:
 *         Glorot & Bengio 2010, biases 0.
 */
export interface LocallyConnected2DOptions {
  readonly stride?: Pair;
  /** A number or pair of cells on both sides, `'valid'` (none, the default) or `'same'` (⌈size/stride⌉ outputs). */
  readonly padding?: Padding;
  readonly bias?: boolean;
  readonly init?: Initializer;
  readonly rng?: Rng;
}

export interface LocallyConnected2DCache {
  readonly input: Tensor4D;
}

export class LocallyConnected2D extends Module<Tensor4D, Tensor4D, LocallyConnected2DCache> {
  override readonly params: {
    readonly weight: Variable<Rank.R6>;
    readonly bias?: Variable<Rank.R3>;
  };
  readonly inChannels: number;
  readonly outChannels: number;
  readonly kernelSize: readonly [number, number];
  readonly stride: readonly [number, number];
  readonly padding: Padding;
  readonly geometry: Geometry;

  /** @param inputSize of the images, [height, width] */
  constructor(
    inputSize: Pair,
    inChannels: number,
    outChannels: number,
    kernelSize: Pair,
    options: LocallyConnected2DOptions = {},
  ) {
    super();
    const { bias = true, init = glorotUniform, rng } = options;
    const [inputHeight, inputWidth] = pair(this, 'inputSize', inputSize);
    checkSize(this, 'inChannels', inChannels);
    checkSize(this, 'outChannels', outChannels);
    this.inChannels = inChannels;
    this.outChannels = outChannels;
    this.kernelSize = pair(this, 'kernelSize', kernelSize);
    this.stride = pair(this, 'stride', options.stride ?? 1);
    this.padding = checkPadding(this, options.padding ?? 'valid');
    const windows = { ...this, dilation: [1, 1] as const };
    this.geometry = convGeometry(this, inputHeight, inputWidth, windows, 'constructor');
    const { height: h, width: w } = this.geometry;
    const cells = h.kernel * w.kernel;
    const fan = { fanIn: cells * inChannels, fanOut: cells * outChannels };
    const weightShape: [number, number, number, number, number, number] = [
      h.output,
      w.output,
      h.kernel,
      w.kernel,
      inChannels,
      outChannels,
    ];
    this.params = {
      weight: createParam<Rank.R6>(this, 'weight', weightShape, fan, init, rng),
      ...(bias && {
        bias: createParam<Rank.R3>(this, 'bias', [h.output, w.output, outChannels], fan, zeros),
      }),
    };
  }

  forward(input: Tensor4D): ForwardResult<Tensor4D, LocallyConnected2DCache> {
    const { height, width } = this.geometry;
    checkTensor(this, 'forward', 'input', input, ['N', height.input, width.input, this.inChannels]);
    const { bias } = this.params;
    return tidy(() => {
      const places = locallyConnected(input, this.#filters(), this.geometry);
      const weighted: Tensor4D = reshape(places, this.#outputShape(input));
      const output: Tensor4D = bias ? add(weighted, bias) : weighted;
      return { output, cache: { input: input.clone() } };
    });
  }

  backpropToInput(gradOutput: Tensor4D, { input }: LocallyConnected2DCache): Tensor4D {
    checkGradOutput(this, 'backpropToInput', gradOutput, this.#outputShape(input));
    return tidy(() =>
      locallyConnectedToInput(
        this.#places(gradOutput),
        this.#filters(),
        this.inChannels,
        this.geometry,
      ),
    );
  }

  override backpropToParams(gradOutput: Tensor4D, { input }: LocallyConnected2DCache) {
    checkGradOutput(this, 'backpropToParams', gradOutput, this.#outputShape(input));
    const weight = tidy(() => {
      const grad = locallyConnectedToFilters(input, this.#places(gradOutput), this.geometry);
      return reshape(grad, this.params.weight.shape);
    });
    return { weight, ...(this.params.bias && { bias: sumLeading(gradOutput, 3) }) };
  }

  /** The weights, one matrix a place. */
  #filters(): Tensor3D {
    const { height, width } = this.geometry;
    return reshape(this.params.weight, [height.output * width.output, -1, this.outChannels]);
  }

  /** The rows and columns as one axis. */
  #places(gradOutput: Tensor4D): Tensor3D {
    const [batch, height, width, channels] = gradOutput.shape;
    return reshape(gradOutput, [batch, height * width, channels]);
  }

  #outputShape(input: Tensor4D): [number, number, number, number] {
    const { height, width } = this.geometry;
    return [input.shape[0], height.output, width.output, this.outChannels];
  }
}
