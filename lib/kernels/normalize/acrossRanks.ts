import { add, neg, rsqrt, sub, zerosLike, type Tensor, type Tensor1D } from '@tensorflow/tfjs-core';
import { constant, scalar } from '../../constant.ts';
import type { Group, GroupValues } from '../../group.ts';
import { tidy } from '../../memory.ts';
import {
  normGradSums,
  scaleFeatures,
  shiftFeatures,
  standardize,
  type Standardized,
  type StandardizedGrads,
} from './features.ts';

/** The result of `standardizeAcross`, with the moments of the batch of all ranks. */
export interface GroupStandardized extends Standardized {
  readonly across: AcrossRanks;
}

/** The data from the other ranks that the backward pass of `standardizeAcross` needs. */
export interface AcrossRanks {
  /** m, the number of values of a feature on all ranks. */
  readonly values: number;
  /** Whether the values of this rank are included. */
  readonly counts: boolean;
  /** Replaces each number by its sum over the ranks. */
  readonly sum: (values: GroupValues) => void;
}

/**
 * Computes `standardize` for the batch of all ranks. m_r, μ_r and σ²_r are the number, the mean and
 * the variance of the values of a feature on rank r:
 *
 *   m = Σ_r m_r        μ = (1/m) Σ_r m_r μ_r        σ² = (1/m) Σ_r m_r (σ²_r + (μ_r − μ)²)
 *
 * With these formulas, the variance is precise even if the mean is far from zero. Every rank waits
 * for the others.
 *
 * Source: Chan, Golub, LeVeque 1979, "Updating formulae and a pairwise algorithm for computing
 *         sample variances".
 * @param counts whether the values of this rank are included; if not, m_r = 0.
 */
export function standardizeAcross(
  group: Group,
  x: Tensor,
  eps: number,
  counts: boolean,
): GroupStandardized {
  return tidy(() => {
    const features = x.shape[x.rank - 1];
    const own = counts ? x.size / features : 0;
    const { mean, variance } = own === 0 ? NO_VALUES : momentsOf(x, eps);
    const means = new Float64Array(features + 1);
    for (let c = 0; c < features; c++) means[c] = own * (mean[c] ?? 0);
    means[features] = own;
    group.sum(means);
    const values = means[features];
    for (let c = 0; c < features; c++) means[c] /= values;
    const variances = new Float64Array(features);
    for (let c = 0; own > 0 && c < features; c++)
      variances[c] = own * (variance[c] + (mean[c] - means[c]) ** 2);
    group.sum(variances);
    const whole: Tensor1D = constant(means.subarray(0, features), [features]);
    const spread: Tensor1D = constant(
      variances.map((value) => value / values),
      [features],
    );
    const invStd: Tensor1D = rsqrt(add(spread, scalar(eps)));
    const normalized = scaleFeatures(shiftFeatures(x, neg(whole)), invStd);
    const across = { values, counts, sum: (sums: GroupValues) => group.sum(sums) };
    return { normalized, mean: whole, variance: spread, invStd, across };
  });
}

const NO_VALUES = { mean: new Float64Array(), variance: new Float64Array() };

function momentsOf(x: Tensor, eps: number) {
  const { mean, variance } = standardize(x, eps);
  return { mean: mean.dataSync(), variance: variance.dataSync() };
}

/**
 * Computes `standardizeToInput` for the batch of all ranks. The sums that it returns are those of
 * this rank, because the gradients of γ and β are later summed over the ranks, together with all
 * other gradients.
 *
 *     ∂C/∂x = scale (g − (1/m) Σ g − x̂ (1/m) Σ g x̂)     Σ over the values of all ranks
 */
export function standardizeToInputAcross(
  { sum, values, counts }: AcrossRanks,
  g: Tensor,
  normalized: Tensor,
  scale: Tensor,
): StandardizedGrads {
  return tidy(() => {
    const { products, sums } = normGradSums(g, normalized);
    const features = sums.size;
    const both = new Float64Array(2 * features);
    both.set(sums.dataSync(), 0);
    both.set(products.dataSync(), features);
    sum(both);
    const mean = (from: number) =>
      constant(
        both.subarray(from, from + features).map((value) => value / values),
        [features],
      );
    if (!counts) return { gradInput: zerosLike(g), products, sums };
    const centred = shiftFeatures(g, neg(mean(0)));
    const gradInput = scaleFeatures(sub(centred, scaleFeatures(normalized, mean(features))), scale);
    return { gradInput, products, sums };
  });
}
