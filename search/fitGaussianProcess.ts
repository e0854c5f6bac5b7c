import { checkOptions } from '../lib/check.ts';
import { lbfgs } from '../inspect/lbfgs.ts';
import type { Rng } from '../lib/rng.ts';
import { GaussianProcess, type Hyperparameters, type Observations } from './gaussianProcess.ts';

/**
 * The bounds and the prior of each hyper-parameter. Its logarithm is normally distributed with mean
 * ln `median` and standard deviation `deviation`. These values are meant for targets with mean 0
 * and standard deviation 1, and for coordinates from 0 to 1.
 */
const PRIORS = {
  variance: { bounds: [0.1, 10], median: 1, deviation: 1 },
  length: { bounds: [0.05, 20], median: 1, deviation: 1 },
  noise: { bounds: [1e-6, 1], median: 0.01, deviation: 2 },
} as const;

/** The options of `fitGaussianProcess`. */
export interface FitGaussianProcessOptions {
  /** The generator for the random starts. */
  readonly rng: Rng;
  /**
   * The number of random starts in addition to the start at the centre of the bounds; 2 by default.
   */
  readonly restarts?: number;
}

/**
 * Fits a Gaussian process. The logarithms of its hyper-parameters, θ = (ln σ², ln ℓ, ln σ_n²),
 * maximize within bounds
 *
 *   ln p(y | θ) + ln p(θ),   ln p(θ) = −½ Σ ((θ_i − m_i)/s_i)² + a constant
 *
 * where the prior ln p(θ) is normal with means m_i and standard deviations s_i. L-BFGS starts from
 * the centre of the bounds and from random points. The prior is wide. Without it, a fit to a few
 * dozen targets with many coordinates may choose length scales near 0 and no noise. Its predictions
 * are then useless. The targets are standardized for the fit; the result is in their original
 * scale.
 *
 * Errors: those of `GaussianProcess`; an unknown option.
 * Source: Rasmussen, Williams 2006, sections 5.2 and 5.4.1.
 *
 *     const inputs = [Float64Array.of(0), Float64Array.of(0.5), Float64Array.of(1)];
 *     const process = await fitGaussianProcess({ inputs, targets: [1, 0, 2] }, { rng });
 */
export async function fitGaussianProcess(
  observations: Observations,
  options: FitGaussianProcessOptions,
): Promise<GaussianProcess> {
  checkOptions('fitGaussianProcess', options, ['rng', 'restarts']);
  const { rng, restarts = 2 } = options;
  const { inputs, targets } = observations;
  const d = inputs[0]?.length ?? 0;
  const mean = average(Array.from(targets));
  const deviation = Math.sqrt(average(Array.from(targets, (y) => (y - mean) ** 2))) || 1;
  const scaled = { ...observations, targets: Array.from(targets, (y) => (y - mean) / deviation) };
  const priors = [
    PRIORS.variance,
    ...Array.from({ length: d }, () => PRIORS.length),
    PRIORS.noise,
  ].map(({ bounds: [low, high], median, deviation: spread }) => {
    return { low: Math.log(low), width: Math.log(high / low), logMedian: Math.log(median), spread };
  });
  // `lbfgs` takes the same bounds for all variables, so each logarithm is mapped from its bounds to
  // 0 ... 1.
  const logs = (z: Float64Array) => z.map((unit, i) => priors[i].low + unit * priors[i].width);
  const at = (z: Float64Array): Hyperparameters => {
    const [variance, ...rest] = Array.from(logs(z), Math.exp);
    return { variance, lengthScales: rest.slice(0, d), noise: rest[d] };
  };
  const objective = (z: Float64Array) => {
    const { value, gradient } = new GaussianProcess(scaled, at(z)).logMarginalLikelihood();
    const deviations = logs(z).map((log, i) => (log - priors[i].logMedian) / priors[i].spread);
    return Promise.resolve({
      value: deviations.reduce((sum, v) => sum + (v * v) / 2, -value),
      gradient: gradient.map((g, i) => (deviations[i] / priors[i].spread - g) * priors[i].width),
    });
  };
  const centre = new Float64Array(d + 2).fill(0.5);
  const starts = [centre, ...Array.from({ length: restarts }, () => rng.uniforms(d + 2))];
  let best: { z: Float64Array; value: number } | undefined;
  for (const start of starts) {
    const z = await lbfgs(objective, start, { bounds: [0, 1], tolerance: 1e-4 });
    const { value } = await objective(z);
    if (best === undefined || value < best.value) best = { z, value };
  }
  const { variance, lengthScales, noise } = at(best?.z ?? centre);
  const rescale = deviation ** 2;
  return new GaussianProcess(observations, {
    variance: rescale * variance,
    lengthScales,
    noise: rescale * noise,
    mean,
  });
}

function average(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
