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
import type { ReductionGroups } from '../lib/kernels/normalize/reductionGroups.ts';
import {
  standardizeGroups,
  standardizeGroupsToInput,
} from '../lib/kernels/normalize/standardizeGroups.ts';
import { numElements } from '../lib/shapes.ts';
import { sameShape } from '../lib/window.ts';
import type { Facts, Shape } from '../lib/facts.ts';
import { Module, type ForwardResult, type Grads } from '../lib/module.ts';

/** The options of `InstanceNorm`. */
export interface InstanceNormOptions {
  /** ε, added to the variance; 1e-5 by default. */
  readonly eps?: number;
  /** Whether the box has a learned scale γ and shift β; false by default, as in PyTorch. */
  readonly affine?: boolean;
}

/** The values that `InstanceNorm` keeps for its backward methods. */
export interface InstanceNormCache {
  /** The normalized input x̂. */
  readonly normalized: Tensor;
  /** 1/√(σ² + ε), one per example and channel. */
  readonly invStd: Tensor;
}

/**
 * Instance normalization: each channel of each example is normalized to mean 0 and variance 1 over
 * its positions. With `affine`, it is then multiplied by a learned scale and shifted. The index i
 * runs over the D positions of channel c of one example:
 *
 *   forward            μ = (1/D) Σ_i x_i        σ² = (1/D) Σ_i (x_i − μ)²
 *                      x̂_i = (x_i − μ)/√(σ² + ε)        y_i = γ_c x̂_i + β_c
 *   backpropToInput    ∂C/∂x_i = 1/√(σ² + ε) · (ĝ_i − (1/D) Σ_j ĝ_j − x̂_i (1/D) Σ_j ĝ_j x̂_j)
 *                      with ĝ_i = γ_c ∂C/∂y_i
 *   backpropToParams   ∂C/∂γ_c = Σ ∂C/∂y x̂        ∂C/∂β_c = Σ ∂C/∂y
 *                      with sums over the batch and all positions
 *
 * The two means in ∂C/∂x are the parts of the gradient that pass through μ and through σ². Training
 * and inference compute the same.
 *
 * Shapes: input, output, gradOutput [N, positions, ..., channels]; weight (γ), bias (β) [channels].
 * Errors: an input or gradOutput of the wrong shape or dtype; a single position, which has no
 *         variance; channels below 1; an eps that is not above 0.
 * Source: Ulyanov, Vedaldi, Lempitsky 2016, arXiv:1607.08022. Initially γ = 1, β = 0.
 *
 *     const box = new InstanceNorm(64);
 *     box.infer(images);   // [N, H, W, 64]
 */
export class InstanceNorm extends Module<Tensor, Tensor, InstanceNormCache> {
  override readonly params: {
    readonly weight?: Variable<Rank.R1>;
    readonly bias?: Variable<Rank.R1>;
  };
  override readonly noDecay = ['weight', 'bias'];
  override readonly hidesInfinity = false;
  readonly channels: number;
  readonly eps: number;

  constructor(channels: number, options: InstanceNormOptions = {}) {
    super();
    checkOptions(this, options, ['eps', 'affine']);
    const { eps = 1e-5, affine = false } = options;
    checkSize(this, 'channels', channels);
    checkPositiveFloat(this, 'eps', eps);
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
    const grouping = this.#grouping(input.shape);
    const { weight, bias } = this.params;
    return tidy(() => {
      const { normalized, invStd } = standardizeGroups(input, grouping, this.eps);
      const output = weight && bias ? add(mul(normalized, weight), bias) : normalized.clone();
      return { output, cache: { normalized, invStd } };
    });
  }

  backpropToInput(gradOutput: Tensor, cache: InstanceNormCache): Tensor {
    checkGradOutput(this, 'backpropToInput', gradOutput, cache.normalized.shape);
    const { weight } = this.params;
    return tidy(() => {
      const gHat = weight ? mul(gradOutput, weight) : gradOutput;
      return standardizeGroupsToInput(gHat, cache, this.#grouping(gradOutput.shape));
    });
  }

  override backpropToParams(gradOutput: Tensor, { normalized }: InstanceNormCache): Grads {
    checkGradOutput(this, 'backpropToParams', gradOutput, normalized.shape);
    if (!this.params.weight) return {};
    const { products, sums } = normGradSums(gradOutput, normalized);
    return { weight: products, bias: sums };
  }

  override facts([input]: readonly Shape[]): Facts {
    checkTrailingAxes(this, input, [this.channels], 1);
    this.#grouping(input);
    return { ...sameShape(input, 'elementwise'), statistics: true };
  }

  override forInput(input: Shape): InstanceNorm {
    const { eps, params } = this;
    return new InstanceNorm(input[input.length - 1], { eps, affine: 'weight' in params });
  }

  /** Makes one group per example and channel. */
  #grouping(shape: Shape): ReductionGroups {
    const positions = numElements(shape.slice(1, -1));
    if (positions > 1) {
      return { outer: shape[0], rows: positions, groups: this.channels, columns: 1 };
    }
    throw new BoxError(
      ['InstanceNorm.forward'],
      `expected more than 1 position, got an input of shape [${shape.join(', ')}]`,
    );
  }
}
