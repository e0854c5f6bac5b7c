import { add, mul, tidy, type Tensor, type Variable } from '@tensorflow/tfjs-core';
import {
  checkGradOutput,
  checkOptions,
  checkPositiveFloat,
  checkSize,
  checkTrailingAxes,
  checkTrailingShape,
} from '../lib/check.ts';
import { BoxError, show } from '../lib/errors.ts';
import { createParam, fill, zeros } from '../lib/init/initializers.ts';
import type { ReductionGroups } from '../lib/kernels/normalize/reductionGroups.ts';
import {
  standardizeGroups,
  standardizeGroupsToInput,
} from '../lib/kernels/normalize/standardizeGroups.ts';
import { sumLeading } from '../lib/kernels/reduce/sumLeading.ts';
import { numElements } from '../lib/shapes.ts';
import { sameShape } from '../lib/window.ts';
import type { Facts, Shape } from '../lib/facts.ts';
import { Module, type ForwardResult } from '../lib/module.ts';

/** The options of `LayerNorm`. */
export interface LayerNormOptions {
  /** ε, added to the variance; 1e-5 by default. */
  readonly eps?: number;
  /** Whether the box has a learned scale γ and shift β; true by default. */
  readonly affine?: boolean;
}

/** The values that `LayerNorm` keeps for its backward methods. */
export interface LayerNormCache {
  /** The normalized input x̂. */
  readonly normalized: Tensor;
  /** 1/√(σ² + ε), one per example and position before the last axes. */
  readonly invStd: Tensor;
}

/**
 * Layer normalization: each example is normalized to mean 0 and variance 1 over its last axes; then
 * each element is multiplied by a learned scale and shifted. The index i runs over the D elements
 * of the last axes:
 *
 *   forward            μ = (1/D) Σ_i x_i        σ² = (1/D) Σ_i (x_i − μ)²
 *                      x̂_i = (x_i − μ)/√(σ² + ε)        y_i = γ_i x̂_i + β_i
 *   backpropToInput    ∂C/∂x_i = 1/√(σ² + ε) · (ĝ_i − (1/D) Σ_j ĝ_j − x̂_i (1/D) Σ_j ĝ_j x̂_j)
 *                      with ĝ_i = γ_i ∂C/∂y_i
 *   backpropToParams   ∂C/∂γ_i = Σ ∂C/∂y_i x̂_i        ∂C/∂β_i = Σ ∂C/∂y_i
 *                      with sums over all axes before the last
 *
 * The two means in ∂C/∂x are the parts of the gradient that pass through μ and through σ². Training
 * and inference compute the same.
 *
 * Shapes: input, output, gradOutput [N, ..., ...shape]; weight (γ), bias (β) `shape`.
 * Errors: an input or gradOutput of the wrong shape or dtype; a shape of one element, which has no
 *         variance; an eps that is not above 0.
 * Source: Ba, Kiros, Hinton 2016, arXiv:1607.06450. Initially γ = 1, β = 0.
 *
 *     const box = new LayerNorm(4);
 *     box.infer(tensor2d([[1, 1, 5, 5]]));   // [[-1, -1, 1, 1]]
 */
export class LayerNorm extends Module<Tensor, Tensor, LayerNormCache> {
  override readonly params: { readonly weight?: Variable; readonly bias?: Variable };
  override readonly noDecay = ['weight', 'bias'];
  override readonly hidesInfinity = false;
  readonly shape: readonly number[];
  readonly eps: number;

  constructor(shape: number | readonly number[], options: LayerNormOptions = {}) {
    super();
    checkOptions(this, options, ['eps', 'affine']);
    const { eps = 1e-5, affine = true } = options;
    this.shape = typeof shape === 'number' ? [shape] : [...shape];
    this.shape.forEach((size) => checkSize(this, 'shape', size));
    if (numElements(this.shape) < 2) {
      throw new BoxError(
        ['LayerNorm'],
        `expected a shape of 2 elements or more, got ${show([...this.shape])}`,
      );
    }
    checkPositiveFloat(this, 'eps', eps);
    this.eps = eps;
    const fan = { fanIn: 1, fanOut: 1 };
    this.params = affine
      ? {
          weight: createParam(this, 'weight', [...this.shape], fan, fill(1)),
          bias: createParam(this, 'bias', [...this.shape], fan, zeros),
        }
      : {};
  }

  forward(input: Tensor): ForwardResult<Tensor, LayerNormCache> {
    checkTrailingShape(this, input, this.shape);
    const { weight, bias } = this.params;
    return tidy(() => {
      const { normalized, invStd } = standardizeGroups(input, this.#examples(input), this.eps);
      const output = weight && bias ? add(mul(normalized, weight), bias) : normalized.clone();
      return { output, cache: { normalized, invStd } };
    });
  }

  backpropToInput(gradOutput: Tensor, cache: LayerNormCache): Tensor {
    checkGradOutput(this, 'backpropToInput', gradOutput, cache.normalized.shape);
    const { weight } = this.params;
    return tidy(() => {
      const gHat = weight ? mul(gradOutput, weight) : gradOutput;
      return standardizeGroupsToInput(gHat, cache, this.#examples(gradOutput));
    });
  }

  override backpropToParams(gradOutput: Tensor, { normalized }: LayerNormCache) {
    checkGradOutput(this, 'backpropToParams', gradOutput, normalized.shape);
    if (!this.params.weight) return {};
    return tidy(() => ({
      weight: sumLeading(mul(gradOutput, normalized), this.shape.length),
      bias: sumLeading(gradOutput, this.shape.length),
    }));
  }

  override facts([input]: readonly Shape[]): Facts {
    checkTrailingAxes(this, input, this.shape);
    return { ...sameShape(input, 'channels'), statistics: this.shape.length > 1 };
  }

  override forInput(input: Shape): LayerNorm {
    const { eps, params, shape } = this;
    return new LayerNorm(input.slice(-shape.length), { eps, affine: 'weight' in params });
  }

  /** Makes one group per example and position before the last axes. */
  #examples(x: Tensor): ReductionGroups {
    const columns = numElements(this.shape);
    return { outer: x.size / columns, rows: 1, groups: 1, columns };
  }
}
