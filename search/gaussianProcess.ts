import { InputError, show } from '../lib/errors.ts';
import { cholesky, inverse, solveLower, solveUpper, type SquareMatrix } from './cholesky.ts';
import {
  matern,
  maternDerivative,
  squaredDistance,
  squaredDifference,
  type Coordinates,
} from './matern.ts';

/** The hyper-parameters of a Gaussian process. */
export interface Hyperparameters {
  /** σ², the variance of the function around its mean. */
  readonly variance: number;
  /** ℓ_i, one per coordinate: the distance over which the function changes considerably. */
  readonly lengthScales: readonly number[];
  /** σ_n², the variance of the noise on each observation. */
  readonly noise: number;
  /** m, the mean of the function; 0 by default. */
  readonly mean?: number;
}

/** Points, and the values that were observed at these points. */
export interface Observations extends Coordinates {
  /** y, one value per point. */
  readonly targets: ArrayLike<number>;
}

/** The distribution of the function at a point, without the noise of an observation. */
export interface Prediction {
  /** The expected value. */
  readonly mean: number;
  /** The variance. */
  readonly variance: number;
}

/**
 * A Gaussian process with observations y_i = f(x_i) + ε_i. The function f has mean m and Matérn
 * covariance k; the noise ε has variance σ_n². With the covariance matrix K = k(x_i, x_j) + σ_n² I,
 * its Cholesky factor L (K = L Lᵀ) and α = K⁻¹ (y − m):
 *
 *   mean       E f(x) = m + Σ_i k(x, x_i) α_i
 *   variance   V f(x) = σ² − |L⁻¹ k(x, ·)|²
 *   ln p(y)    = −½ (y − m)ᵀ α − Σ_i ln L_ii − n/2 ln 2π
 *   gradient   ∂ ln p(y)/∂θ = ½ Σ_ij (α_i α_j − K⁻¹_ij) ∂K_ij/∂θ
 *   left out   E (f(x_i) | all but y_i) = y_i − α_i / K⁻¹_ii
 *
 * Shapes: n points of d coordinates each, n targets, d length scales.
 * Errors: no points; different numbers of points and targets, or of coordinates and length scales;
 *         values that are not finite; hyper-parameters that are not above 0 (the noise may be 0 if
 *         all points differ).
 * Source: Rasmussen, Williams 2006, algorithm 2.1 and equations 5.8, 5.9 and 5.12.
 *
 *     const hyperparameters = { variance: 1, lengthScales: [0.3], noise: 0.01 };
 *     new GaussianProcess({ inputs, targets }, hyperparameters).predict(Float64Array.of(0.3));
 */
export class GaussianProcess {
  /** The observations. */
  readonly observations: Observations;
  /** The hyper-parameters. */
  readonly hyperparameters: Hyperparameters;
  readonly #lower: SquareMatrix;
  readonly #alpha: Float64Array;
  readonly #residuals: Float64Array;

  constructor(observations: Observations, hyperparameters: Hyperparameters) {
    check(observations, hyperparameters);
    this.observations = observations;
    this.hyperparameters = hyperparameters;
    const { inputs, targets } = observations;
    const { mean = 0, noise } = hyperparameters;
    const size = inputs.length;
    const values = new Float64Array(size * size);
    inputs.forEach((x, i) => values.set(this.#covariances(x), i * size));
    for (let i = 0; i < size; i++) values[i * size + i] += noise;
    this.#lower = cholesky({ size, values });
    this.#residuals = Float64Array.from(targets, (y) => y - mean);
    this.#alpha = solveUpper(this.#lower, solveLower(this.#lower, this.#residuals));
  }

  /** Predicts f(x). */
  predict(x: Float64Array): Prediction {
    const { mean = 0, variance } = this.hyperparameters;
    const covariances = this.#covariances(x);
    const known = solveLower(this.#lower, covariances);
    // Rounding may make the difference slightly negative.
    return {
      mean: mean + dot(covariances, this.#alpha),
      variance: Math.max(0, variance - dot(known, known)),
    };
  }

  /** Returns only the mean of `predict`. This is faster, because the variance is not computed. */
  mean(x: Float64Array): number {
    return (this.hyperparameters.mean ?? 0) + dot(this.#covariances(x), this.#alpha);
  }

  /**
   * Returns ln p(y), and its derivatives with respect to ln σ², each ln ℓ_i, and ln σ_n², in this
   * order.
   */
  logMarginalLikelihood(): { value: number; gradient: Float64Array } {
    const { inputs, categories } = this.observations;
    const { variance, lengthScales, noise } = this.hyperparameters;
    const size = inputs.length;
    let value = -dot(this.#residuals, this.#alpha) / 2 - (size / 2) * Math.log(2 * Math.PI);
    for (let i = 0; i < size; i++) value -= Math.log(this.#lower.values[i * size + i]);
    const inverted = inverse(this.#lower).values;
    const gradient = new Float64Array(lengthScales.length + 2);
    for (let i = 0; i < size; i++) {
      for (let j = 0; j <= i; j++) {
        // The sum contains an off-diagonal element twice, as (i, j) and as (j, i), so its weight is
        // 2 · ½ = 1.
        const weight =
          (i === j ? 0.5 : 1) * (this.#alpha[i] * this.#alpha[j] - inverted[i * size + j]);
        const radius = squaredDistance(inputs[i], inputs[j], lengthScales, categories);
        gradient[0] += weight * matern(radius, variance);
        if (i === j) gradient[lengthScales.length + 1] += weight * noise;
        const slope = weight * maternDerivative(radius, variance);
        for (let k = 0; k < lengthScales.length; k++) {
          gradient[k + 1] +=
            (slope * squaredDifference(inputs[i][k], inputs[j][k], categories?.[k])) /
            lengthScales[k] ** 2;
        }
      }
    }
    return { value, gradient };
  }

  /**
   * Predicts each observation from all other observations. The hyper-parameters remain the same.
   */
  leaveOneOut(): Float64Array {
    const { size, values } = inverse(this.#lower);
    return this.#alpha.map(
      (alpha, i) => this.observations.targets[i] - alpha / values[i * size + i],
    );
  }

  #covariances(x: Float64Array): Float64Array {
    const { inputs, categories } = this.observations;
    const { variance, lengthScales } = this.hyperparameters;
    // This is a loop because Float64Array.from takes twice as long, and a search spends most of its
    // time here.
    const covariances = new Float64Array(inputs.length);
    for (let i = 0; i < inputs.length; i++)
      covariances[i] = matern(squaredDistance(x, inputs[i], lengthScales, categories), variance);
    return covariances;
  }
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}

function check(
  { inputs, targets }: Observations,
  { variance, lengthScales, noise, mean = 0 }: Hyperparameters,
) {
  const refuse = (expected: string, got: unknown) => {
    throw new InputError(`GaussianProcess: expected ${expected}, got ${show(got)}`);
  };
  if (inputs.length === 0) refuse('at least one point', 0);
  if (targets.length !== inputs.length) refuse(`${inputs.length} targets`, targets.length);
  for (const x of inputs) {
    if (x.length !== lengthScales.length)
      refuse(`points of ${lengthScales.length} coordinates, one per length scale`, x.length);
    if (!x.every(Number.isFinite)) refuse('finite coordinates', [...x]);
  }
  const invalid = Array.from(targets).find((y) => !Number.isFinite(y));
  if (invalid !== undefined) refuse('finite targets', invalid);
  if (!(variance > 0 && variance < Infinity)) refuse('a variance above 0', variance);
  if (!lengthScales.every((length) => length > 0 && length < Infinity))
    refuse('length scales above 0', lengthScales);
  if (!(noise >= 0 && noise < Infinity)) refuse('a noise of at least 0', noise);
  if (!Number.isFinite(mean)) refuse('a finite mean', mean);
}
