const { exp, sqrt } = Math; // Looked up once: they are what a fit spends its time on.

/** Where points lie, and which of their coordinates are the number of a category, which has no order. */
export interface Coordinates {
  /** A row a point; all of the same length. */
  readonly inputs: readonly Float64Array[];
  /** One a coordinate; by default none is a category. */
  readonly categories?: readonly boolean[];
}

/** d_i² of two points in one coordinate: (x_i − x'_i)², or whether the categories differ. */
export function squaredStep(a: number, b: number, category: boolean | undefined): number {
  return category === true ? Number(a !== b) : (a - b) ** 2;
}

/**
 * The Matérn covariance with ν = 5/2, a length scale ℓ_i for each coordinate ("automatic relevance determination") and
 * variance σ²: of functions that are twice differentiable.
 *
 *   k(x, x') = σ² (1 + √5 r + 5/3 r²) e^{−√5 r},   r² = Σ_i d_i² / ℓ_i²
 *
 * A category counts as d_i = 0 or 1, which is how far apart the unit vectors e_c/√2 are that stand for the categories c, so
 * k stays a covariance. With u = √5 r, dk/du = −σ² u (1 + u)/3 e^{−u}, hence
 *
 *   ∂k/∂ln ℓ_i = σ² 5/3 (1 + √5 r) e^{−√5 r} d_i² / ℓ_i²,   which has no 1/r
 *
 * Source: Rasmussen, Williams, "Gaussian Processes for Machine Learning", MIT Press 2006, equations 4.17 and 5.2;
 *         Snoek, Larochelle, Adams, NIPS 2012, section 3.1, who take it for hyper-parameters.
 */
export function matern(squaredRadius: number, variance: number): number {
  const u = sqrt(5 * squaredRadius);
  return variance * (1 + u + (u * u) / 3) * exp(-u);
}

/** What is multiplied by d_i²/ℓ_i² to give ∂k/∂ln ℓ_i. */
export function maternSlope(squaredRadius: number, variance: number): number {
  const u = sqrt(5 * squaredRadius);
  return ((variance * 5) / 3) * (1 + u) * exp(-u);
}

/** r² */
export function squaredRadius(
  a: Float64Array,
  b: Float64Array,
  lengths: readonly number[],
  categories: readonly boolean[] | undefined,
): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++)
    sum += squaredStep(a[i], b[i], categories?.[i]) / lengths[i] ** 2;
  return sum;
}
