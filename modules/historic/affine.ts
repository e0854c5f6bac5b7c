import { add, mul, tidy, type Rank, type Tensor, type Variable } from '@tensorflow/tfjs-core';
import { checkGradOutput, checkSize } from '../../lib/check.ts';
import { createParam, fill, zeros, type Initializer } from '../../lib/init/initializers.ts';
import { asRows } from '../../lib/kernels/matmul/matMul.ts';
import { sumLeading } from '../../lib/kernels/reduce/sumLeading.ts';
import { Module, type ForwardResult } from '../../lib/module.ts';
import type { Rng } from '../../lib/rng.ts';
import { checkTrailingShape } from '../../lib/check.ts';

/**
 * A coefficient and a bias for each feature. After a pooling it makes the trainable subsampling of the LeNets; without
 * the bias it is the gain of a filter.
 *
 *   forward            x_out[..., c] = a_c x_in[..., c] + b_c
 *   backpropToInput    ∂C/∂x_in[..., c] = a_c ∂C/∂x_out[..., c]
 *   backpropToParams   ∂C/∂a_c = Σ ∂C/∂x_out[..., c] · x_in[..., c]        ∂C/∂b_c = Σ ∂C/∂x_out[..., c]
 *
 * with sums over the batch and all positions.
 *
 * Shapes: input, output, gradOutput [N, ..., features]; weight (a), bias (b) [features].
 * Errors: an input or gradOutput of another shape or dtype; features below 1; a random `init` without `rng`.
 * Source: LeCun, Bottou, Bengio, Haffner 1998, section II.B, layer S2. Initially a = 1 and b = 0.
 */
export interface AffineOptions {
  readonly bias?: boolean;
  /** Of the coefficients. */
  readonly init?: Initializer;
  readonly rng?: Rng;
}

export interface AffineCache {
  readonly input: Tensor;
}

export class Affine extends Module<Tensor, Tensor, AffineCache> {
  override readonly params: {
    readonly weight: Variable<Rank.R1>;
    readonly bias?: Variable<Rank.R1>;
  };
  readonly features: number;

  constructor(features: number, { bias = true, init = fill(1), rng }: AffineOptions = {}) {
    super();
    checkSize(this, 'features', features);
    const fan = { fanIn: 1, fanOut: 1 };
    this.features = features;
    this.params = {
      weight: createParam(this, 'weight', [features], fan, init, rng),
      ...(bias && { bias: createParam<Rank.R1>(this, 'bias', [features], fan, zeros) }),
    };
  }

  forward(input: Tensor): ForwardResult<Tensor, AffineCache> {
    checkTrailingShape(this, input, [this.features]);
    const { weight, bias } = this.params;
    const output = asRows(input, (rows) =>
      bias ? add(mul(rows, weight), bias) : mul(rows, weight),
    );
    return { output, cache: { input: input.clone() } };
  }

  backpropToInput(gradOutput: Tensor, { input }: AffineCache): Tensor {
    checkGradOutput(this, 'backpropToInput', gradOutput, input.shape);
    return asRows(gradOutput, (rows) => mul(rows, this.params.weight));
  }

  override backpropToParams(gradOutput: Tensor, { input }: AffineCache) {
    checkGradOutput(this, 'backpropToParams', gradOutput, input.shape);
    return tidy(() => ({
      weight: sumLeading(mul(gradOutput, input)),
      ...(this.params.bias && { bias: sumLeading(gradOutput) }),
    }));
  }
}
