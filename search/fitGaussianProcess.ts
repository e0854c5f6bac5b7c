import { lbfgs } from '../inspect/lbfgs.ts';
import type { Rng } from '../lib/rng.ts';
import { GaussianProcess, type Hyperparameters, type Observations } from './gaussianProcess.ts';

/**
 * Bounds, and what is believed beforehand: the logarithm is normal around that of `median`, with this `deviation`. For
 * targets of mean 0 and deviation 1, and coordinates from 0 to 1.
 */
const PRIORS = {
  variance: { bounds: [0.1, 10], median: 1, deviation: 1 },
  length: { bounds: [0.05, 20], median: 1, deviation: 1 },
  noise: { bounds: [1e-6, 1], median: 0.01, deviation: 2 },
} as const;

/**
 * The Gaussian process whose hyper-parameters θ = (ln σ², ln ℓ, ln σ_n²) are likeliest: the maximum within bounds of
 *
 *   ln p(y | θ) + ln p(θ),   ln p(θ) = −½ Σ ((θ_i − m_i)/s_i)² + a constant
 *
 * by L-BFGS from the middle and from `restarts` random places. The prior is wide; without it a few dozen targets in many
 * coordinates are explained by lengths near 0 and no noise, which predicts nothing. Targets are shifted to mean 0 and scaled
 * to deviation 1 for it, which is undone in the result.
 *
 * Errors: those of `GaussianProcess`.
 * Source: Rasmussen, Williams 2006, sections 5.2 and 5.4.1.
 */
export async function fitGaussianProcess(
  observations: Observations,
  { rng, restarts = 2 }: { readonly rng: Rng; readonly restarts?: number },
): Promise<GaussianProcess> {
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
    return { low: Math.log(low), width: Math.log(high / low), middle: Math.log(median), spread };
  });
  // L-BFGS has one pair of bounds for all variables, so each goes from 0 to 1 between its own.
  const logs = (z: Float64Array) => z.map((share, i) => priors[i].low + share * priors[i].width);
  const at = (z: Float64Array): Hyperparameters => {
    const [variance, ...rest] = Array.from(logs(z), Math.exp);
    return { variance, lengths: rest.slice(0, d), noise: rest[d] };
  };
  const objective = (z: Float64Array) => {
    const { value, gradient } = new GaussianProcess(scaled, at(z)).logMarginalLikelihood();
    const apart = logs(z).map((log, i) => (log - priors[i].middle) / priors[i].spread);
    return Promise.resolve({
      value: apart.reduce((sum, v) => sum + (v * v) / 2, -value),
      gradient: gradient.map((g, i) => (apart[i] / priors[i].spread - g) * priors[i].width),
    });
  };
  const middle = new Float64Array(d + 2).fill(0.5);
  const starts = [middle, ...Array.from({ length: restarts }, () => rng.uniforms(d + 2))];
  let best: { z: Float64Array; value: number } | undefined;
  for (const start of starts) {
    const z = await lbfgs(objective, start, { bounds: [0, 1], tolerance: 1e-4 });
    const { value } = await objective(z);
    if (best === undefined || value < best.value) best = { z, value };
  }
  const { variance, lengths, noise } = at(best?.z ?? middle);
  const back = deviation ** 2;
  return new GaussianProcess(observations, {
    variance: back * variance,
    lengths,
    noise: back * noise,
    mean,
  });
}

function average(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
