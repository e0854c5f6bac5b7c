import type { Point } from './space.ts';

/** A score, small is good, or why there is none. */
export type FoldResult = { readonly score: number } | { readonly failed: string };

/** A trial whose folds are all done. */
export interface Trial {
  readonly trial: number;
  readonly point: Point;
  readonly scores: readonly number[];
  /** Of the scores; Infinity for a failed trial. */
  readonly mean: number;
  /** √(Σ (score − mean)²/(K (K − 1))): of the mean over K folds. NaN for one fold. */
  readonly standardError: number;
  /** Of the first fold that failed. */
  readonly failed?: string;
}

/** A trial with the results of all its folds; one that failed has failed it. */
export function summarizeTrial(trial: number, point: Point, results: readonly FoldResult[]): Trial {
  const scores = results.flatMap((one) => ('score' in one ? [one.score] : []));
  const failed = results.flatMap((one) => ('failed' in one ? [one.failed] : []));
  if (failed.length > 0) {
    return { trial, point, scores, mean: Infinity, standardError: NaN, failed: failed[0] };
  }
  const mean = scores.reduce((sum, score) => sum + score, 0) / scores.length;
  const squares = scores.reduce((sum, score) => sum + (score - mean) ** 2, 0);
  return {
    trial,
    point,
    scores,
    mean,
    standardError: Math.sqrt(squares / (scores.length * (scores.length - 1))),
  };
}

/** From the best to the worst; failed trials last. Means that differ by rounding alone are equal: the earlier is first. */
export function rankTrials(trials: readonly Trial[]): Trial[] {
  const equal = (a: Trial, b: Trial) => a.mean === b.mean || Math.abs(a.mean - b.mean) < 1e-12;
  return [...trials].sort((a, b) => (equal(a, b) ? a.trial - b.trial : a.mean - b.mean));
}

/** What gp models: a failed trial is as bad as the worst of those that gave a score. */
export function toObservations(
  trials: readonly Trial[],
  target: (mean: number) => number = (mean) => mean,
) {
  const scored = trials
    .filter(({ failed }) => failed === undefined)
    .map(({ mean }) => target(mean));
  const worst = scored.length > 0 ? Math.max(...scored) : 0;
  return trials.map(({ point, mean, failed }) => ({
    point,
    target: failed === undefined ? target(mean) : worst,
  }));
}
