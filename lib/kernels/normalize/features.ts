import {
  add,
  mul,
  reshape,
  rsqrt,
  sub,
  tidy,
  type Tensor,
  type Tensor1D,
} from '@tensorflow/tfjs-core';
import { addBias } from '../elementwise/addBias.ts';
import { times } from '../elementwise/arithmetic.ts';
import { scalar } from '../../constant.ts';
import {
  fusesStandardization,
  standardizeOnTensorflow,
  standardizeToInputOnTensorflow,
} from './featuresTensorflow.ts';
import {
  momentsOver,
  groupSize,
  broadcastGroups,
  viewOf,
  type ReductionGroups,
} from './reductionGroups.ts';
import { sumLeading } from '../reduce/sumLeading.ts';
import { onTensorflow } from '../backends/tensorflow.ts';

/** What is done to each feature, the last axis, of a batch. Shapes: x, g [..., features]; one number a feature [features]. */

/** x + b */
export function shiftFeatures(x: Tensor, shift: Tensor): Tensor {
  if (onTensorflow()) return addBias(x, shift);
  return tidy(() =>
    reshape(add(reshape(x, viewOf(byFeature(x))), broadcastGroups(shift, byFeature(x))), x.shape),
  );
}

/** s x */
export function scaleFeatures(x: Tensor, scale: Tensor): Tensor {
  if (onTensorflow()) return times(x, scale);
  return tidy(() =>
    reshape(mul(reshape(x, viewOf(byFeature(x))), broadcastGroups(scale, byFeature(x))), x.shape),
  );
}

export interface Standardized {
  /** x̂ = (x − μ)/√(σ² + ε) */
  readonly normalized: Tensor;
  readonly mean: Tensor1D;
  /** σ² = (1/m) Σ (x − μ)² over the m values of a feature. */
  readonly variance: Tensor1D;
  /** 1/√(σ² + ε) */
  readonly invStd: Tensor1D;
}

/** Gives each feature mean 0 and variance 1. */
export function standardize(x: Tensor, eps: number): Standardized {
  if (fusesStandardization()) return standardizeOnTensorflow(x, eps);
  const sets = byFeature(x);
  return tidy(() => {
    const moments = momentsOver(x, sets);
    const [mean, variance] = [moments.mean, moments.variance].map((perSet): Tensor1D =>
      reshape(perSet, [sets.groups]),
    );
    const invStd = rsqrt(add<Tensor1D>(variance, scalar(eps)));
    const normalized = mul(moments.centered, broadcastGroups(invStd, sets));
    return { normalized: reshape(normalized, x.shape), mean, variance, invStd };
  });
}

export interface StandardizedGrads {
  readonly gradInput: Tensor;
  /** Σ g x̂ */
  readonly products: Tensor1D;
  /** Σ g */
  readonly sums: Tensor1D;
}

/**
 * Back through `standardize`, for g = ∂C/∂y, y = γ x̂ + β, and scale = γ/√(σ² + ε):
 *
 *   ∂C/∂x = scale (g − (1/m) Σ g − x̂ (1/m) Σ g x̂)
 */
export function standardizeToInput(
  g: Tensor,
  normalized: Tensor,
  scale: Tensor,
): StandardizedGrads {
  if (fusesStandardization()) return standardizeToInputOnTensorflow(g, normalized, scale);
  const sets = byFeature(g);
  return tidy(() => {
    const { products, sums } = normGradSums(g, normalized);
    const view = viewOf(sets);
    const perValue = scalar(1 / groupSize(sets));
    const throughMean = broadcastGroups(mul(sums, perValue), sets);
    const throughVariance = mul(
      reshape(normalized, view),
      broadcastGroups(mul(products, perValue), sets),
    );
    const gradInput = mul(
      sub(sub(reshape(g, view), throughVariance), throughMean),
      broadcastGroups(scale, sets),
    );
    return { gradInput: reshape(gradInput, g.shape), products, sums };
  });
}

/** Σ g x̂ and Σ g of each feature. */
export function normGradSums(
  g: Tensor,
  normalized: Tensor,
): { products: Tensor1D; sums: Tensor1D } {
  return tidy(() => ({
    products: sumLeading(mul(g, normalized)) as Tensor1D,
    sums: sumLeading(g) as Tensor1D,
  }));
}

/** One set a feature, of its values in all places of the batch. */
function byFeature(x: Tensor): ReductionGroups {
  const groups = x.shape[x.rank - 1];
  return { outer: 1, rows: x.size / groups, groups, columns: 1 };
}
