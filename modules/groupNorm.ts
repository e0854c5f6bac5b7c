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
 * Group normalization: the channels of each example fall into groups of neighbours; each group gets mean 0 and
 * variance 1, then each channel c a learned scale and shift. With i over the D elements of one group of one example,
 * which are all positions of channels/groups channels:
 *
 *   forward            μ = (1/D) Σ_i x_i        σ² = (1/D) Σ_i (x_i − μ)²
 *                      x̂_i = (x_i − μ)/√(σ² + ε)        y_i = γ_c x̂_i + β_c
 *   backpropToInput    ∂C/∂x_i = 1/√(σ² + ε) · (ĝ_i − (1/D) Σ_j ĝ_j − x̂_i (1/D) Σ_j ĝ_j x̂_j),  ĝ_i = γ_c ∂C/∂y_i
 *   backpropToParams   ∂C/∂γ_c = Σ ∂C/∂y x̂        ∂C/∂β_c = Σ ∂C/∂y,  over the batch and all positions
 *
 * The two means in ∂C/∂x are the parts of the gradient that pass through μ and through σ². Training and inference are
 * alike. One group is layer normalization over positions and channels, a group a channel is `InstanceNorm`.
 *
 * Shapes: input, output, gradOutput [N, ..., channels]; weight (γ), bias (β) [channels].
 * Errors: an input or gradOutput of another shape or dtype; groups of one element, which have no variance; groups
 *         that do not divide the channels; an eps that is not above 0.
 * Source: Wu & He 2018, arXiv:1803.08494. Initially γ = 1, β = 0.
 */
export interface GroupNormOptions {
  /** ε, 1e-5 by default. */
  readonly eps?: number;
  /** Whether there are γ and β; true by default. */
  readonly affine?: boolean;
}

export interface GroupNormCache {
  /** x̂ */
  readonly normalized: Tensor;
  /** 1/√(σ² + ε), one a group of an example. */
  readonly invStd: Tensor;
}

export class GroupNorm extends Module<Tensor, Tensor, GroupNormCache> {
  override readonly params: {
    readonly weight?: Variable<Rank.R1>;
    readonly bias?: Variable<Rank.R1>;
  };
  readonly groups: number;
  readonly channels: number;
  readonly eps: number;

  constructor(groups: number, channels: number, options: GroupNormOptions = {}) {
    super();
    const { eps = 1e-5, affine = true } = options;
    checkSize(this, 'groups', groups);
    checkSize(this, 'channels', channels);
    if (channels % groups !== 0) {
      throw new BoxError(
        ['GroupNorm'],
        `expected groups to divide the ${channels} channels, got ${groups}`,
      );
    }
    checkPositive(this, 'eps', eps);
    this.groups = groups;
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

  forward(input: Tensor): ForwardResult<Tensor, GroupNormCache> {
    checkTrailingShape(this, input, [this.channels]);
    const sets = this.#sets(input);
    if (groupSize(sets) < 2) {
      throw new BoxError(
        ['GroupNorm.forward'],
        `expected more than 1 element a group, got an input of shape [${input.shape.join(', ')}]`,
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

  backpropToInput(gradOutput: Tensor, { normalized, invStd }: GroupNormCache): Tensor {
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

  override backpropToParams(gradOutput: Tensor, { normalized }: GroupNormCache) {
    checkGradOutput(this, 'backpropToParams', gradOutput, normalized.shape);
    if (!this.params.weight) return {};
    return tidy(() => ({
      weight: sumLeading(mul(gradOutput, normalized)),
      bias: sumLeading(gradOutput),
    }));
  }

  /** One set a group of an example. */
  #sets(x: Tensor): ReductionGroups {
    const outer = x.shape[0];
    const rows = x.size / (outer * this.channels);
    return { outer, rows, groups: this.groups, columns: this.channels / this.groups };
  }
}
