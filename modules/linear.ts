import { tidy, type Rank, type Tensor2D, type Variable } from '@tensorflow/tfjs-core';
import { checkGradOutput, checkSize, checkTensor } from '../lib/check.ts';
import { createParam, glorotUniform, zeros, type Initializer } from '../lib/init/initializers.ts';
import { addBias } from '../lib/kernels/elementwise/addBias.ts';
import { matMul, matMulTransposedA, matMulTransposedB } from '../lib/kernels/matmul/matMul.ts';
import { sumLeading } from '../lib/kernels/reduce/sumLeading.ts';
import { Module, type ForwardResult } from '../lib/module.ts';
import type { Rng } from '../lib/rng.ts';

/**
 * The linear module: every output is a weighted sum of all inputs.
 *
 *   forward            x_out = W x_in + b
 *   backpropToInput    ∂C/∂x_in = ∂C/∂x_out · W
 *   backpropToParams   ∂C/∂W_ij = Σ_n ∂C/∂x_out_i · x_in_j        ∂C/∂b_i = Σ_n ∂C/∂x_out_i
 *
 * One example is a row: with X and G of one row an example, these are X Wᵀ + b, G W, Gᵀ X and the column sums of G.
 *
 * Shapes: input [N, inFeatures]; output, gradOutput [N, outFeatures]; weight [outFeatures, inFeatures];
 *         bias [outFeatures].
 * Errors: an input or gradOutput of another shape or dtype; sizes below 1; a random `init` without `rng`.
 * Source: lecture, "Linear Module". Initial weights: Glorot & Bengio 2010, biases 0.
 */
export interface LinearOptions {
  readonly bias?: boolean;
  readonly init?: Initializer;
  readonly rng?: Rng;
}

export interface LinearCache {
  readonly input: Tensor2D;
}

export class Linear extends Module<Tensor2D, Tensor2D, LinearCache> {
  override readonly params: {
    readonly weight: Variable<Rank.R2>;
    readonly bias?: Variable<Rank.R1>;
  };
  readonly inFeatures: number;
  readonly outFeatures: number;

  constructor(inFeatures: number, outFeatures: number, options: LinearOptions = {}) {
    super();
    checkSize(this, 'inFeatures', inFeatures);
    checkSize(this, 'outFeatures', outFeatures);
    const { bias = true, init = glorotUniform, rng } = options;
    const fan = { fanIn: inFeatures, fanOut: outFeatures };
    this.inFeatures = inFeatures;
    this.outFeatures = outFeatures;
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
}
