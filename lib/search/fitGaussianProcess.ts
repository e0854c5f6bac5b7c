import { lbfgs } from '../inspect/lbfgs.ts';
import type { Rng } from '../rng.ts';
import { GaussianProcess, type Hyperparameters, type Observations } from './gaussianProcess.ts';

/** Between which ln σ², ln ℓ and ln σ_n² are sought, for targets of mean 0 and deviation 1 and coordinates in [0, 1]. */
const BOUNDS = { variance: [0.1, 10], length: [0.1, 10], noise: [1e-6, 1] } as const;

/**
 * The Gaussian process whose hyper-parameters make the targets likeliest: the maximum of ln p(y) over ln σ², ln ℓ and
 * ln σ_n² within bounds, by L-BFGS from the middle and from `restarts` random places. Targets are shifted to mean 0 and
 * scaled to deviation 1 for it, which is undone in the result.
 *
 * Errors: those of `GaussianProcess`.
 * Source: Rasmussen, Williams 2006, section 5.4.1.
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
  const ranges = [BOUNDS.variance, ...Array.from({ length: d }, () => BOUNDS.length), BOUNDS.noise].map(
    ([low, high]) => [Math.log(low), Math.log(high / low)] as const,
  );
  // L-BFGS has one pair of bounds for all variables, so each goes from 0 to 1 between its own.
  const at = (z: Float64Array): Hyperparameters => {
    const [variance, ...rest] = Array.from(z, (share, i) => Math.exp(ranges[i][0] + share * ranges[i][1]));
    return { variance, lengths: rest.slice(0, d), noise: rest[d] };
  };
  const objective = (z: Float64Array) => {
    const { value, gradient } = new GaussianProcess(scaled, at(z)).logMarginalLikelihood();
    return Promise.resolve({ value: -value, gradient: gradient.map((g, i) => -g * ranges[i][1]) });
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
    ...{ variance: back * variance, lengths, noise: back * noise, mean },
  });
}

function average(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
