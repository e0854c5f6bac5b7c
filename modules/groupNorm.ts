import { add, mul, tidy, type Rank, type Tensor, type Variable } from '@tensorflow/tfjs-core';
import {
  checkGradOutput,
  checkOptions,
  checkPositiveFloat,
  checkSize,
  checkTrailingAxes,
  checkTrailingShape,
} from '../lib/check.ts';
import { BoxError } from '../lib/errors.ts';
import { createParam, fill, zeros } from '../lib/init/initializers.ts';
import { normGradSums } from '../lib/kernels/normalize/features.ts';
import { groupSize, type ReductionGroups } from '../lib/kernels/normalize/reductionGroups.ts';
import {
  standardizeGroups,
  standardizeGroupsToInput,
} from '../lib/kernels/normalize/standardizeGroups.ts';
import { numElements } from '../lib/shapes.ts';
import { groupedChannels, samePositions, sameShape } from '../lib/window.ts';
import type { Facts, Shape } from '../lib/facts.ts';
import { Module, type ForwardResult, type Grads } from '../lib/module.ts';

/** The options of `GroupNorm`. */
export interface GroupNormOptions {
  /** ε, added to the variance; 1e-5 by default. */
  readonly eps?: number;
  /** Whether the box has a learned scale γ and shift β; true by default. */
  readonly affine?: boolean;
}

/** The values that `GroupNorm` keeps for its backward methods. */
export interface GroupNormCache {
  /** The normalized input x̂. */
  readonly normalized: Tensor;
  /** 1/√(σ² + ε), one per example and group. */
  readonly invStd: Tensor;
}

/**
 * Group normalization: the channels of each example are divided into groups of neighbouring
 * channels. Each group is normalized to mean 0 and variance 1; then each channel c is multiplied by
 * a learned scale and shifted. The index i runs over the D elements of one group of one example,
 * which are all positions of channels/groups channels:
 *
 *   forward            μ = (1/D) Σ_i x_i        σ² = (1/D) Σ_i (x_i − μ)²
 *                      x̂_i = (x_i − μ)/√(σ² + ε)        y_i = γ_c x̂_i + β_c
 *   backpropToInput    ∂C/∂x_i = 1/√(σ² + ε) · (ĝ_i − (1/D) Σ_j ĝ_j − x̂_i (1/D) Σ_j ĝ_j x̂_j)
 *                      with ĝ_i = γ_c ∂C/∂y_i
 *   backpropToParams   ∂C/∂γ_c = Σ ∂C/∂y x̂        ∂C/∂β_c = Σ ∂C/∂y
 *                      with sums over the batch and all positions
 *
 * The two means in ∂C/∂x are the parts of the gradient that pass through μ and through σ². Training
 * and inference compute the same. One group is layer normalization over positions and channels; one
 * group per channel is `InstanceNorm`.
 *
 * Shapes: input, output, gradOutput [N, ..., channels]; weight (γ), bias (β) [channels].
 * Errors: an input or gradOutput of the wrong shape or dtype; groups of one element, which have no
 *         variance; groups that do not divide the channels; an eps that is not above 0.
 * Source: Wu & He 2018, arXiv:1803.08494. Initially γ = 1, β = 0.
 *
 *     const box = new GroupNorm(8, 64);
 *     box.infer(images);   // [N, H, W, 64]
 */
export class GroupNorm extends Module<Tensor, Tensor, GroupNormCache> {
  override readonly params: {
    readonly weight?: Variable<Rank.R1>;
    readonly bias?: Variable<Rank.R1>;
  };
  override readonly noDecay = ['weight', 'bias'];
  override readonly hidesInfinity = false;
  readonly groups: number;
  readonly channels: number;
  readonly eps: number;

  constructor(groups: number, channels: number, options: GroupNormOptions = {}) {
    super();
    checkOptions(this, options, ['eps', 'affine']);
    const { eps = 1e-5, affine = true } = options;
    checkSize(this, 'groups', groups);
    checkSize(this, 'channels', channels);
    if (channels % groups !== 0) {
      throw new BoxError(
        ['GroupNorm'],
        `expected groups to divide the ${channels} channels, got ${groups}`,
      );
    }
    checkPositiveFloat(this, 'eps', eps);
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
    const grouping = this.#grouping(input.shape);
    const { weight, bias } = this.params;
    return tidy(() => {
      const { normalized, invStd } = standardizeGroups(input, grouping, this.eps);
      const output = weight && bias ? add(mul(normalized, weight), bias) : normalized.clone();
      return { output, cache: { normalized, invStd } };
    });
  }

  backpropToInput(gradOutput: Tensor, cache: GroupNormCache): Tensor {
    checkGradOutput(this, 'backpropToInput', gradOutput, cache.normalized.shape);
    const { weight } = this.params;
    return tidy(() => {
      const gHat = weight ? mul(gradOutput, weight) : gradOutput;
      return standardizeGroupsToInput(gHat, cache, this.#grouping(gradOutput.shape));
    });
  }

  override backpropToParams(gradOutput: Tensor, { normalized }: GroupNormCache): Grads {
    checkGradOutput(this, 'backpropToParams', gradOutput, normalized.shape);
    if (!this.params.weight) return {};
    const { products, sums } = normGradSums(gradOutput, normalized);
    return { weight: products, bias: sums };
  }

  override facts([input]: readonly Shape[]): Facts {
    checkTrailingAxes(this, input, [this.channels]);
    const { columns } = this.#grouping(input);
    const window = samePositions(input, groupedChannels(columns, columns));
    return { ...sameShape(input, window), statistics: true };
  }

  override forInput(input: Shape): GroupNorm {
    const { groups, eps, params } = this;
    return new GroupNorm(groups, input[input.length - 1], { eps, affine: 'weight' in params });
  }

  #grouping(shape: Shape): ReductionGroups {
    const rows = numElements(shape.slice(1, -1));
    const columns = this.channels / this.groups;
    const grouping = { outer: shape[0], rows, groups: this.groups, columns };
    if (groupSize(grouping) > 1) return grouping;
    throw new BoxError(
      ['GroupNorm.forward'],
      `expected more than 1 element per group, got an input of shape [${shape.join(', ')}]`,
    );
  }
}
