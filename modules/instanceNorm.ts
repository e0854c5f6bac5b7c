import {
  add,
  mul,
  reshape,
  rsqrt,
  square,
  sub,
  tidy,
  type Rank,
  type Tensor,
  type Variable,
} from '@tensorflow/tfjs-core';
import { checkGradOutput, checkPositive, checkSize } from '../lib/check.ts';
import { BoxError } from '../lib/errors.ts';
import { createParam, fill, zeros } from '../lib/init/initializers.ts';
import { scalar } from '../lib/constant.ts';
import {
  meanOver,
  groupSize,
  broadcastGroups,
  viewOf,
  type ReductionGroups,
} from '../lib/kernels/normalize/reductionGroups.ts';
import { sumLeading } from '../lib/kernels/reduce/sumLeading.ts';
import { Module, type ForwardResult } from '../lib/module.ts';
import { checkTrailingShape } from '../lib/check.ts';

/**
 * Instance normalization: each channel of each example gets mean 0 and variance 1 over its positions, then a learned
 * scale and shift if asked for. With i over the D positions of channel c of one example:
 *
 *   forward            μ = (1/D) Σ_i x_i        σ² = (1/D) Σ_i (x_i − μ)²
 *                      x̂_i = (x_i − μ)/√(σ² + ε)        y_i = γ_c x̂_i + β_c
 *   backpropToInput    ∂C/∂x_i = 1/√(σ² + ε) · (ĝ_i − (1/D) Σ_j ĝ_j − x̂_i (1/D) Σ_j ĝ_j x̂_j),  ĝ_i = γ_c ∂C/∂y_i
 *   backpropToParams   ∂C/∂γ_c = Σ ∂C/∂y x̂        ∂C/∂β_c = Σ ∂C/∂y,  over the batch and all positions
 *
 * The two means in ∂C/∂x are the parts of the gradient that pass through μ and through σ². Training and inference are
 * alike.
 *
 * Shapes: input, output, gradOutput [N, positions, ..., channels]; weight (γ), bias (β) [channels].
 * Errors: an input or gradOutput of another shape or dtype; a single position, which has no variance; channels below
 *         1; an eps that is not above 0.
 * Source: Ulyanov, Vedaldi, Lempitsky 2016, arXiv:1607.08022. Initially γ = 1, β = 0.
 */
export interface InstanceNormOptions {
  /** ε, 1e-5 by default. */
  readonly eps?: number;
  /** Whether there are γ and β; false by default, as in PyTorch. */
  readonly affine?: boolean;
}

export interface InstanceNormCache {
  /** x̂ */
  readonly normalized: Tensor;
  /** 1/√(σ² + ε), one a channel of an example. */
  readonly invStd: Tensor;
}

export class InstanceNorm extends Module<Tensor, Tensor, InstanceNormCache> {
  override readonly params: {
    readonly weight?: Variable<Rank.R1>;
    readonly bias?: Variable<Rank.R1>;
  };
  readonly channels: number;
  readonly eps: number;

  constructor(channels: number, options: InstanceNormOptions = {}) {
    super();
    const { eps = 1e-5, affine = false } = options;
    checkSize(this, 'channels', channels);
    checkPositive(this, 'eps', eps);
    this.channels = channels;
    this.eps = eps;
    const fan = { fanIn: 1, fanOut: 1 };
    this.params = affine
      ? {
          weight: createParam(this, 'weight', [channels], fan, fill(1)),
          bias: createParam(this, 'bias', [channels], fan, zeros),
        }
      : {};
  }

  forward(input: Tensor): ForwardResult<Tensor, InstanceNormCache> {
    checkTrailingShape(this, input, [this.channels], 1);
    const sets = this.#sets(input);
    if (groupSize(sets) < 2) {
      throw new BoxError(
        ['InstanceNorm.forward'],
        `expected more than 1 position, got an input of shape [${input.shape.join(', ')}]`,
      );
    }
    const { weight, bias } = this.params;
    return tidy(() => {
      const x = reshape(input, viewOf(sets));
      const centered = sub(x, broadcastGroups(meanOver(x, sets), sets));
      const invStd = rsqrt(add(meanOver(square(centered), sets), scalar(this.eps)));
      const normalized = reshape(mul(centered, broadcastGroups(invStd, sets)), input.shape);
      const output = weight && bias ? add(mul(normalized, weight), bias) : normalized.clone();
      return { output, cache: { normalized, invStd } };
    });
  }

  backpropToInput(gradOutput: Tensor, { normalized, invStd }: InstanceNormCache): Tensor {
    checkGradOutput(this, 'backpropToInput', gradOutput, normalized.shape);
    const { weight } = this.params;
    return tidy(() => {
      const sets = this.#sets(normalized);
      const g = reshape(weight ? mul(gradOutput, weight) : gradOutput, viewOf(sets));
      const xhat = reshape(normalized, viewOf(sets));
      const throughMean = broadcastGroups(meanOver(g, sets), sets);
      const throughVariance = mul(xhat, broadcastGroups(meanOver(mul(g, xhat), sets), sets));
      const gradInput = mul(
        sub(sub(g, throughMean), throughVariance),
        broadcastGroups(invStd, sets),
      );
      return reshape(gradInput, normalized.shape);
    });
  }

  override backpropToParams(gradOutput: Tensor, { normalized }: InstanceNormCache) {
    checkGradOutput(this, 'backpropToParams', gradOutput, normalized.shape);
    if (!this.params.weight) return {};
    return tidy(() => ({
      weight: sumLeading(mul(gradOutput, normalized)),
      bias: sumLeading(gradOutput),
    }));
  }

  /** One set a channel of an example. */
  #sets(x: Tensor): ReductionGroups {
    const outer = x.shape[0];
    const rows = x.size / (outer * this.channels);
    return { outer, rows, groups: this.channels, columns: 1 };
  }
}
