import type { Rng } from '../lib/rng.ts';
import { expectedImprovement } from './expectedImprovement.ts';
import { fitGaussianProcess } from './fitGaussianProcess.ts';
import { GaussianProcess, type Observations } from './gaussianProcess.ts';
import {
  categoricalMask,
  encodePoint,
  perturbPoint,
  pointKey,
  randomPoint,
  untriedPoint,
} from './points.ts';
import type { Point, Space } from './space.ts';

/** The result of a trial, for the Gaussian process. */
export interface Observation {
  /** The point that was tried. */
  readonly point: Point;
  /** The score of the trial; lower is better. */
  readonly target: number;
}

/** The options of `proposePoint`. */
export interface ProposeOptions {
  /** The space to which the proposed point belongs. */
  readonly space: Space;
  /** The finished trials, of which there must be at least one. */
  readonly observed: readonly Observation[];
  /** The points of the trials that are still running. */
  readonly pending: readonly Point[];
  /** The generator for the candidates. */
  readonly rng: Rng;
}

/**
 * The number of random candidates, the number of best candidates that are improved (the climbers),
 * the number of rounds per climber, and the number of moves per round.
 */
const [CANDIDATES, CLIMBERS, ROUNDS, MOVES] = [500, 6, 12, 8];

/**
 * Proposes the next point to try: the point with the largest expected improvement under a Gaussian
 * process that is fitted to the observations.
 *
 * A pending point is treated as if the predicted value had been observed there; the
 * hyper-parameters stay the same ("kriging believer"). This reduces the variance around the pending
 * point, so the proposal will be elsewhere. The improvement is relative to the smallest mean of the
 * process at an observed point, because observations are noisy.
 *
 * The search for the maximum starts from the best of 500 random points and of 6 points near the
 * best trial. It makes random moves that become smaller. Every move leads to a point of the space,
 * so no integer or choice has to be rounded at the end.
 *
 * Source: Snoek, Larochelle, Adams, "Practical Bayesian optimization of machine learning
 *         algorithms", NIPS 2012; Ginsbourger, Le Riche, Carraro 2010, section 4.2.1, for the
 *         pending points; Picheny et al. 2013, section 3.1, for the noise.
 */
export async function proposePoint(options: ProposeOptions): Promise<Point> {
  const { space, observed, pending, rng } = options;
  const fitted = await fitGaussianProcess(encodeObservations(space, observed), { rng });
  const encode = (point: Point) => encodePoint(space, point);
  const believed = pending.map((point) => ({ point, target: fitted.mean(encode(point)) }));
  const all = [...observed, ...believed];
  const process = new GaussianProcess(encodeObservations(space, all), fitted.hyperparameters);
  const best = Math.min(...observed.map(({ point }) => process.mean(encode(point))));
  const tried = new Set(all.map(({ point }) => pointKey(point)));
  const evaluate = (point: Point) => ({
    point,
    gain: tried.has(pointKey(point))
      ? -1
      : expectedImprovement(process.predict(encode(point)), best),
  });
  const candidates = Array.from({ length: CANDIDATES }, () => evaluate(randomPoint(space, rng)));
  const bestPoint = [...observed].sort((a, b) => a.target - b.target)[0].point;
  candidates.push(
    ...Array.from({ length: CLIMBERS }, () =>
      evaluate(perturbPoint(space, bestPoint, { radius: 0.05, rng })),
    ),
  );
  candidates.sort((a, b) => b.gain - a.gain);
  let [winner] = candidates;
  for (let climber of candidates.slice(0, CLIMBERS)) {
    for (let round = 0; round < ROUNDS; round++) {
      const radius = 0.2 * 0.6 ** round;
      for (let move = 0; move < MOVES; move++) {
        const next = evaluate(perturbPoint(space, climber.point, { radius, rng }));
        if (next.gain > climber.gain) climber = next;
      }
    }
    if (climber.gain > winner.gain) winner = climber;
  }
  if (winner.gain >= 0) return winner.point;
  // All candidates have been tried already, so any new point is proposed.
  const triedPoints = all.map(({ point }) => point);
  return untriedPoint(space, triedPoints, rng);
}

/** Converts observations to the form that a Gaussian process needs. */
export function encodeObservations(space: Space, observed: readonly Observation[]): Observations {
  return {
    inputs: observed.map(({ point }) => encodePoint(space, point)),
    targets: observed.map(({ target }) => target),
    categories: categoricalMask(space),
  };
}
