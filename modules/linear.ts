import { reshape, tidy, type Rank, type Tensor2D, type Variable } from '@tensorflow/tfjs-core';
import { assignMapped, type ChannelMap } from '../lib/channelMap.ts';
import { checkGradOutput, checkOptions, checkShape, checkSize, checkTensor } from '../lib/check.ts';
import {
  createParam,
  glorotUniform,
  renewed,
  zeros,
  type Initializer,
} from '../lib/init/initializers.ts';
import { addBias } from '../lib/kernels/elementwise/arithmetic.ts';
import { matMul, matMulTransposedA, matMulTransposedB } from '../lib/kernels/matmul/matMul.ts';
import { sumLeading } from '../lib/kernels/reduce/sumLeading.ts';
import type { Facts, Shape } from '../lib/facts.ts';
import { Module, type ForwardResult } from '../lib/module.ts';
import type { Rng } from '../lib/rng.ts';

/** The options of `Linear`. */
export interface LinearOptions {
  /** Whether the box adds a bias b; true by default. */
  readonly bias?: boolean;
  /** The initial weights W, `glorotUniform` by default. */
  readonly init?: Initializer;
  /** The generator that draws the initial weights; a random `init` requires it. */
  readonly rng?: Rng;
}

/** The values that `Linear` keeps for its backward methods. */
export interface LinearCache {
  readonly input: Tensor2D;
}

/**
 * The linear module: every output is a weighted sum of all inputs.
 *
 *   forward            x_out = W x_in + b
 *   backpropToInput    ∂C/∂x_in = ∂C/∂x_out · W
 *   backpropToParams   ∂C/∂W_ij = Σ_n ∂C/∂x_out_i · x_in_j        ∂C/∂b_i = Σ_n ∂C/∂x_out_i
 *
 * For a batch with one example per row, these are X Wᵀ + b, G W, Gᵀ X and the column sums of G.
 *
 * Shapes: input [N, inFeatures]; output, gradOutput [N, outFeatures]; weight
 *         [outFeatures, inFeatures]; bias [outFeatures].
 * Errors: an input or gradOutput of the wrong shape or dtype; sizes below 1; a random `init`
 *         without `rng`.
 * Source: lecture, "Linear Module". Initial weights: Glorot & Bengio 2010, biases 0.
 *
 *     const box = new Linear(4, 3, { rng: new Rng(0) });
 *     box.infer(tensor2d([[1, 2, 3, 4]]));   // [1, 3]
 */
export class Linear extends Module<Tensor2D, Tensor2D, LinearCache> {
  override readonly params: {
    readonly weight: Variable<Rank.R2>;
    readonly bias?: Variable<Rank.R1>;
  };
  override readonly noDecay = ['bias'];
  override readonly hidesInfinity = false;
  readonly inFeatures: number;
  readonly outFeatures: number;
  readonly #options: LinearOptions;

  constructor(inFeatures: number, outFeatures: number, options: LinearOptions = {}) {
    super();
    checkOptions(this, options, ['bias', 'init', 'rng']);
    checkSize(this, 'inFeatures', inFeatures);
    checkSize(this, 'outFeatures', outFeatures);
    const { bias = true, init = glorotUniform, rng } = options;
    const fan = { fanIn: inFeatures, fanOut: outFeatures };
    this.inFeatures = inFeatures;
    this.outFeatures = outFeatures;
    this.#options = options;
    this.params = {
      weight: createParam(this, 'weight', [outFeatures, inFeatures], fan, init, rng),
      ...(bias && { bias: createParam(this, 'bias', [outFeatures], fan, zeros) }),
    };
  }

  forward(input: Tensor2D): ForwardResult<Tensor2D, LinearCache> {
    checkTensor(this, 'forward', 'input', input, ['N', this.inFeatures]);
    const { weight, bias } = this.params;
    return tidy(() => {
      const weighted = matMulTransposedB(input, weight);
      const output = bias ? addBias(weighted, bias) : weighted;
      return { output, cache: { input: input.clone() } };
    });
  }

  backpropToInput(gradOutput: Tensor2D, { input }: LinearCache): Tensor2D {
    checkGradOutput(this, 'backpropToInput', gradOutput, [input.shape[0], this.outFeatures]);
    return matMul(gradOutput, this.params.weight);
  }

  override backpropToParams(gradOutput: Tensor2D, { input }: LinearCache) {
    checkGradOutput(this, 'backpropToParams', gradOutput, [input.shape[0], this.outFeatures]);
    const weight = matMulTransposedA(gradOutput, input);
    return { weight, ...(this.params.bias && { bias: sumLeading(gradOutput) }) };
  }

  override facts([input]: readonly Shape[]): Facts {
    checkShape(this, 'forward', 'input', input, ['N', this.inFeatures]);
    return {
      outputShape: [input[0], this.outFeatures],
      window: 'global',
      multiplyAdds: this.inFeatures * this.outFeatures,
    };
  }

  override withChannelMap(map: ChannelMap): Linear {
    const box = new Linear(this.inFeatures, this.outFeatures, { init: zeros });
    return assignMapped(box, this.params, map, (scale) => reshape(scale, [this.outFeatures, 1]));
  }

  override forInput([, features]: Shape, rng: Rng): Linear {
    return new Linear(features, this.outFeatures, renewed(this.#options, rng));
  }

  override describe(): string {
    return `${this.outFeatures} ${this.outFeatures === 1 ? 'neuron' : 'neurons'}`;
  }
}
