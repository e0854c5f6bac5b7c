import type { Rng } from '../lib/rng.ts';
import { expectedImprovement } from './expectedImprovement.ts';
import { fitGaussianProcess } from './fitGaussianProcess.ts';
import { GaussianProcess } from './gaussianProcess.ts';
import {
  categoricalMask,
  encodePoint,
  pointKey,
  perturbPoint,
  untriedPoint,
  randomPoint,
} from './points.ts';
import type { Point, Space } from './space.ts';

export interface Observation {
  readonly point: Point;
  /** Small is good. */
  readonly target: number;
}

const [CANDIDATES, CLIMBERS, ROUNDS, MOVES] = [500, 6, 12, 8];

/**
 * Where to look next: the point with the largest expected improvement under a Gaussian process of what was observed.
 *
 * Points whose result is not in yet are taken to have given what the process expects of them, with the hyper-parameters as
 * they were ("kriging believer"): the variance around them falls, so that what is proposed meanwhile lies elsewhere.
 * Improvement is over the smallest mean of the process at an observed point, for observations are noisy.
 *
 * The maximum is sought from the best of 500 random points by random moves that become smaller, so whole numbers and
 * choices are tried as what they are.
 *
 * Source: Snoek, Larochelle, Adams, "Practical Bayesian optimization of machine learning algorithms", NIPS 2012; Ginsbourger,
 *         Le Riche, Carraro 2010, section 4.2.1, for the points in progress; Picheny et al. 2013, section 3.1, for the noise.
 */
export async function proposePoint(
  space: Space,
  observed: readonly Observation[],
  pending: readonly Point[],
  rng: Rng,
): Promise<Point> {
  const fitted = await fitGaussianProcess(encodeObservations(space, observed), { rng });
  const at = (point: Point) => encodePoint(space, point);
  const believed = pending.map((point) => ({ point, target: fitted.mean(at(point)) }));
  const all = [...observed, ...believed];
  const process = new GaussianProcess(encodeObservations(space, all), fitted.hyperparameters);
  const best = Math.min(...observed.map(({ point }) => process.mean(at(point))));
  const taken = new Set(all.map(({ point }) => pointKey(point)));
  const judged = (point: Point) => ({
    point,
    gain: taken.has(pointKey(point)) ? -1 : expectedImprovement(process.predict(at(point)), best),
  });
  const candidates = Array.from({ length: CANDIDATES }, () => judged(randomPoint(space, rng)));
  const known = [...observed].sort((a, b) => a.target - b.target)[0].point;
  candidates.push(
    ...Array.from({ length: CLIMBERS }, () => judged(perturbPoint(space, known, 0.05, rng))),
  );
  candidates.sort((a, b) => b.gain - a.gain);
  let [winner] = candidates;
  for (let climber of candidates.slice(0, CLIMBERS)) {
    for (let round = 0; round < ROUNDS; round++) {
      for (let move = 0; move < MOVES; move++) {
        const next = judged(perturbPoint(space, climber.point, 0.2 * 0.6 ** round, rng));
        if (next.gain > climber.gain) climber = next;
      }
    }
    if (climber.gain > winner.gain) winner = climber;
  }
  // All that was tried is known already.
  return winner.gain < 0
    ? untriedPoint(
        space,
        all.map(({ point }) => point),
        rng,
      )
    : winner.point;
}

/** As a Gaussian process takes them. */
export function encodeObservations(space: Space, observed: readonly Observation[]) {
  return {
    inputs: observed.map(({ point }) => encodePoint(space, point)),
    targets: observed.map(({ target }) => target),
    categories: categoricalMask(space),
  };
}
