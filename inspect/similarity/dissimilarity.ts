import type { Tensor } from '@tensorflow/tfjs-core';
import { checkPair, exampleCentredGram, readSquare } from './gram.ts';
import { dot } from './hsic.ts';

/**
 * Computes the representational dissimilarity matrix of a representation: for each pair of examples
 * i < j the value 1 − r_ij, where r_ij is Pearson's correlation of their features.
 *
 * Shapes: x [N, ...], N at least 2; the result N (N − 1)/2 values in the order (0, 1), (0, 2), ...
 * Errors: a tensor of another shape or dtype; fewer than 2 examples.
 * Source: Kriegeskorte, Mur, Bandettini 2008, "Representational similarity analysis".
 * @returns NaN for the pairs of an example whose features are all equal, or not finite.
 *
 *     const values = await dissimilarities(network.infer(images));   // 0 for examples that agree
 */
export async function dissimilarities(x: Tensor): Promise<Float64Array> {
  checkPair('dissimilarities', x, x, 2);
  return dissimilaritiesOf(await readSquare(exampleCentredGram(x)));
}

/** Computes dissimilarities from the matrix of `exampleCentredGram`. */
export function dissimilaritiesOf(gram: Float64Array): Float64Array {
  const n = Math.sqrt(gram.length);
  const values = new Float64Array((n * (n - 1)) / 2);
  let at = 0;
  for (let i = 0; i < n; i++) {
    for (let j = i + 1; j < n; j++) {
      const size = Math.sqrt(gram[i * n + i] * gram[j * n + j]);
      values[at++] = size > 0 ? 1 - gram[i * n + j] / size : NaN;
    }
  }
  return values;
}

/**
 * Compares two representations of the same examples by representational similarity analysis:
 * Spearman's rank correlation of their dissimilarity matrices. It is 1 if both order the pairs of
 * examples in the same way. Pairs whose dissimilarity is not defined in both are left out.
 *
 * Shapes: a [N, ...], b [N, ...], one row per example; N at least 3.
 * Errors: tensors of other shapes or dtypes; fewer than 3 examples.
 * Source: Kriegeskorte, Mur, Bandettini 2008, "Representational similarity analysis".
 * @returns NaN if fewer than two pairs are left, or if all of them are equally dissimilar.
 *
 *     await representationalSimilarity(one.infer(images), other.infer(images));
 */
export async function representationalSimilarity(a: Tensor, b: Tensor): Promise<number> {
  checkPair('representationalSimilarity', a, b, 3);
  const [x, y] = await Promise.all([dissimilarities(a), dissimilarities(b)]);
  return spearman(rankedOf(x), rankedOf(y));
}

/** Values with their ranks, so that ranks are computed once for several comparisons. */
export interface Ranked {
  readonly values: Float64Array;
  /** The ranks after `unitRanks`; undefined if a value is NaN. */
  readonly ranks: Float64Array | undefined;
}

/** Ranks values. */
export function rankedOf(values: Float64Array): Ranked {
  return { values, ranks: values.some(Number.isNaN) ? undefined : unitRanks(values) };
}

/** Returns Spearman's rank correlation over the places where neither value is NaN. */
export function spearman(a: Ranked, b: Ranked): number {
  if (a.ranks !== undefined && b.ranks !== undefined) return dot(a.ranks, b.ranks);
  const isKnown = (_: number, i: number) =>
    !Number.isNaN(a.values[i]) && !Number.isNaN(b.values[i]);
  return dot(unitRanks(a.values.filter(isKnown)), unitRanks(b.values.filter(isKnown)));
}

/**
 * Returns the ranks of values minus their mean, divided by their norm, so that a dot product is a
 * correlation. Equal values share the mean of their ranks. If there are no two different values,
 * the results are NaN.
 */
function unitRanks(values: Float64Array): Float64Array {
  const { length } = values;
  if (length === 0) return Float64Array.of(NaN);
  const order = Array.from(values, (_, i) => i).sort((i, j) => values[i] - values[j]);
  const ranks = new Float64Array(length);
  for (let first = 0, end = 0; first < length; first = end) {
    while (end < length && values[order[end]] === values[order[first]]) end++;
    for (let k = first; k < end; k++) ranks[order[k]] = (first + end - length) / 2;
  }
  const norm = Math.sqrt(dot(ranks, ranks));
  return ranks.map((rank) => rank / norm);
}
