// A fit spends most of its time in these functions, so they are looked up only once.
const { exp, sqrt } = Math;

/**
 * Points for a Gaussian process. A coordinate may be the number of a category; such numbers have no
 * order.
 */
export interface Coordinates {
  /** The coordinates, with one row per point. All rows have the same length. */
  readonly inputs: readonly Float64Array[];
  /** Whether each coordinate is the number of a category; false by default. */
  readonly categories?: readonly boolean[];
}

/**
 * Returns d_i², the squared distance of two points in one coordinate. It is (x_i − x'_i)², or 1 for
 * different categories.
 */
export function squaredDifference(a: number, b: number, category: boolean | undefined): number {
  return category === true ? Number(a !== b) : (a - b) ** 2;
}

/**
 * Computes the Matérn covariance with ν = 5/2, a length scale ℓ_i per coordinate ("automatic
 * relevance determination") and variance σ². Functions with this covariance are twice
 * differentiable.
 *
 *   k(x, x') = σ² (1 + √5 r + 5/3 r²) e^{−√5 r},   r² = Σ_i d_i² / ℓ_i²
 *
 * For a category, d_i is 0 or 1. This is the distance of the vectors e_c/√2, where e_c is the unit
 * vector of category c, so k stays a covariance. With u = √5 r, dk/du = −σ² u (1 + u)/3 e^{−u},
 * hence
 *
 *   ∂k/∂ln ℓ_i = σ² 5/3 (1 + √5 r) e^{−√5 r} d_i² / ℓ_i²,   which has no 1/r
 *
 * Source: Rasmussen, Williams, "Gaussian Processes for Machine Learning", MIT Press 2006, equations
 *         4.17 and 5.2; Snoek, Larochelle, Adams, NIPS 2012, section 3.1, for hyper-parameters.
 *
 * @param distance the squared distance r² that `squaredDistance` returns.
 */
export function matern(distance: number, variance: number): number {
  const u = sqrt(5 * distance);
  return variance * (1 + u + (u * u) / 3) * exp(-u);
}

/**
 * Returns σ² 5/3 (1 + √5 r) e^{−√5 r}, the factor by which d_i²/ℓ_i² is multiplied in ∂k/∂ln ℓ_i.
 */
export function maternDerivative(distance: number, variance: number): number {
  const u = sqrt(5 * distance);
  return ((variance * 5) / 3) * (1 + u) * exp(-u);
}

/** Returns r² = Σ_i d_i² / ℓ_i². */
export function squaredDistance(
  a: Float64Array,
  b: Float64Array,
  lengthScales: readonly number[],
  categories: readonly boolean[] | undefined,
): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++)
    sum += squaredDifference(a[i], b[i], categories?.[i]) / lengthScales[i] ** 2;
  return sum;
}
