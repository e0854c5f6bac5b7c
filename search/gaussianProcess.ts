import { InputError, show } from '../lib/errors.ts';
import { cholesky, inverse, solveLower, solveUpper, type Square } from './cholesky.ts';
import { matern, maternSlope, squaredRadius, squaredStep, type Coordinates } from './matern.ts';

export interface Hyperparameters {
  /** σ², of the function around its mean. */
  readonly variance: number;
  /** ℓ_i, one a coordinate: how far one must go for the function to be another. */
  readonly lengths: readonly number[];
  /** σ_n², of the noise on each observation. */
  readonly noise: number;
  /** m, around which the function varies; 0 by default. */
  readonly mean?: number;
}

export interface Observations extends Coordinates {
  readonly targets: ArrayLike<number>;
}

/** Of the function itself, without the noise of an observation. */
export interface Prediction {
  readonly mean: number;
  readonly variance: number;
}

/**
 * A Gaussian process that has been observed: y_i = f(x_i) + ε_i, f with mean m and Matérn covariance k, ε of variance σ_n².
 * With K_ij = k(x_i, x_j) + σ_n² [i = j] = (L Lᵀ)_ij and α = K⁻¹ (y − m):
 *
 *   mean       E f(x) = m + Σ_i k(x, x_i) α_i
 *   variance   V f(x) = σ² − |L⁻¹ k(x, ·)|²
 *   ln p(y)    = −½ (y − m)ᵀ α − Σ_i ln L_ii − n/2 ln 2π
 *   gradient   ∂ ln p(y)/∂θ = ½ Σ_ij (α_i α_j − K⁻¹_ij) ∂K_ij/∂θ
 *   left out   E (f(x_i) | all but y_i) = y_i − α_i / K⁻¹_ii
 *
 * Shapes: n points of d coordinates each, n targets, d lengths.
 * Errors: no points; numbers of coordinates, lengths or targets that do not fit, or that are not finite; hyper-parameters
 *         that are not above 0 (noise may be 0 where no two points are alike).
 * Source: Rasmussen, Williams 2006, algorithm 2.1 and equations 5.8, 5.9 and 5.12.
 */
export class GaussianProcess {
  readonly observations: Observations;
  readonly hyperparameters: Hyperparameters;
  readonly #lower: Square;
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

  predict(x: Float64Array): Prediction {
    const { mean = 0, variance } = this.hyperparameters;
    const covariances = this.#covariances(x);
    const known = solveLower(this.#lower, covariances);
    // Rounding may take a little more than all of it.
    return {
      mean: mean + dot(covariances, this.#alpha),
      variance: Math.max(0, variance - dot(known, known)),
    };
  }

  /** The mean of `predict` alone, which is quicker. */
  mean(x: Float64Array): number {
    return (this.hyperparameters.mean ?? 0) + dot(this.#covariances(x), this.#alpha);
  }

  /** ln p(y), and its derivatives by ln σ², each ln ℓ_i, and ln σ_n², in this order. */
  logMarginalLikelihood(): { value: number; gradient: Float64Array } {
    const { inputs, categories } = this.observations;
    const { variance, lengths, noise } = this.hyperparameters;
    const size = inputs.length;
    let value = -dot(this.#residuals, this.#alpha) / 2 - (size / 2) * Math.log(2 * Math.PI);
    for (let i = 0; i < size; i++) value -= Math.log(this.#lower.values[i * size + i]);
    const inverted = inverse(this.#lower).values;
    const gradient = new Float64Array(lengths.length + 2);
    for (let i = 0; i < size; i++) {
      for (let j = 0; j <= i; j++) {
        // ½ twice off the diagonal, where the sum meets i, j and j, i.
        const weight =
          (i === j ? 0.5 : 1) * (this.#alpha[i] * this.#alpha[j] - inverted[i * size + j]);
        const radius = squaredRadius(inputs[i], inputs[j], lengths, categories);
        gradient[0] += weight * matern(radius, variance);
        if (i === j) gradient[lengths.length + 1] += weight * noise;
        const slope = weight * maternSlope(radius, variance);
        for (let k = 0; k < lengths.length; k++) {
          gradient[k + 1] +=
            (slope * squaredStep(inputs[i][k], inputs[j][k], categories?.[k])) / lengths[k] ** 2;
        }
      }
    }
    return { value, gradient };
  }

  /** What each observation is predicted to be from all others, with the same hyper-parameters. */
  leaveOneOut(): Float64Array {
    const { size, values } = inverse(this.#lower);
    return this.#alpha.map(
      (alpha, i) => this.observations.targets[i] - alpha / values[i * size + i],
    );
  }

  #covariances(x: Float64Array): Float64Array {
    const { inputs, categories } = this.observations;
    const { variance, lengths } = this.hyperparameters;
    return Float64Array.from(inputs, (at) =>
      matern(squaredRadius(x, at, lengths, categories), variance),
    );
  }
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}

function check(
  { inputs, targets }: Observations,
  { variance, lengths, noise, mean = 0 }: Hyperparameters,
) {
  const refuse = (expected: string, got: unknown) => {
    throw new InputError(`GaussianProcess: expected ${expected}, got ${show(got)}`);
  };
  if (inputs.length === 0) refuse('at least one point', 0);
  if (targets.length !== inputs.length) refuse(`${inputs.length} targets`, targets.length);
  for (const x of inputs) {
    if (x.length !== lengths.length)
      refuse(`points of ${lengths.length} coordinates, as lengths`, x.length);
    if (!x.every(Number.isFinite)) refuse('finite coordinates', [...x]);
  }
  const strange = Array.from(targets).find((y) => !Number.isFinite(y));
  if (strange !== undefined) refuse('finite targets', strange);
  if (!(variance > 0 && variance < Infinity)) refuse('a variance above 0', variance);
  if (!lengths.every((length) => length > 0 && length < Infinity))
    refuse('lengths above 0', lengths);
  if (!(noise >= 0 && noise < Infinity)) refuse('a noise of at least 0', noise);
  if (!Number.isFinite(mean)) refuse('a finite mean', mean);
}
