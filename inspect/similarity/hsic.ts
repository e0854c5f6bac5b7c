/** The estimators of HSIC. */
export type HsicEstimator = 'biased' | 'unbiased';

/** The smallest number of examples for which an estimator is defined. */
export const LEAST_EXAMPLES: Readonly<Record<HsicEstimator, number>> = { biased: 2, unbiased: 4 };

/**
 * A centred matrix whose squared norm is below this fraction of that of the matrix is a rounding
 * error of 0.
 */
const ROUNDING = 1e-12;

/**
 * Centres a symmetric matrix K of size n so that the HSIC of two matrices is the dot product of the
 * results.
 *
 *   biased     K̃ = H K H with H = I − 1/n,                      HSIC₀ = Σ K̃_ij L̃_ij / (n − 1)²
 *   unbiased   K̃_ij = K_ij − (r_i + r_j)/(n − 2) + s/((n − 1)(n − 2)) for i ≠ j, K̃_ii = 0,
 *                                                          HSIC₁ = Σ K̃_ij L̃_ij / (n (n − 3))
 *
 * with the sums r_i of the rows of K without its diagonal, and s = Σ r_i. This HSIC₁ equals
 *
 *   [tr(K° L°) + 1ᵀK°1 1ᵀL°1/((n − 1)(n − 2)) − 2/(n − 2) 1ᵀK°L°1] / (n (n − 3))
 *
 * where K° is K with a diagonal of 0. The matrices are symmetric, so a result has only the elements
 * i ≤ j, those beside the diagonal times √2, and all are divided by the root of the last divisor.
 *
 * Source: Gretton et al. 2005 (biased); Song et al. 2012, "Feature selection via dependence
 *         maximization", equation 5 (unbiased); Székely & Rizzo 2014 for its form as a dot product.
 */
export function centreForHsic(matrix: Float64Array, estimator: HsicEstimator): Float64Array {
  const n = Math.sqrt(matrix.length);
  const isBiased = estimator === 'biased';
  const sums = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) if (isBiased || i !== j) sums[i] += matrix[i * n + j];
  }
  const total = sums.reduce((sum, value) => sum + value, 0);
  const ofRow = isBiased ? n : n - 2;
  const ofAll = isBiased ? n * n : (n - 1) * (n - 2);
  const scale = 1 / Math.sqrt(isBiased ? (n - 1) ** 2 : n * (n - 3));
  const centred = new Float64Array((n * (n + 1)) / 2);
  let [at, before, after] = [0, 0, 0];
  for (let i = 0; i < n; i++) {
    for (let j = i; j < n; j++, at++) {
      if (i === j && !isBiased) continue;
      const weight = i === j ? scale : Math.SQRT2 * scale;
      const value = matrix[i * n + j];
      centred[at] = weight * (value - (sums[i] + sums[j]) / ofRow + total / ofAll);
      before += (weight * value) ** 2;
      after += centred[at] ** 2;
    }
  }
  return after <= ROUNDING * before ? centred.fill(0) : centred;
}

/** Returns the dot product. */
export function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}
