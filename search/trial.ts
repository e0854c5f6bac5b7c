import type { Observation } from './propose.ts';
import type { Point } from './space.ts';

/** The score of a fold (lower is better), or the reason why the fold failed. */
export type FoldResult = { readonly score: number } | { readonly failed: string };

/** A trial whose folds have all finished. */
export interface Trial {
  /** The number of the trial, counted from 0. */
  readonly trial: number;
  /** The point that was tried. */
  readonly point: Point;
  /** The scores of the folds that did not fail. */
  readonly scores: readonly number[];
  /** The mean of the scores; Infinity for a failed trial. */
  readonly mean: number;
  /**
   * The standard error of the mean, √(Σ (score − mean)²/(K (K − 1))) for K folds; NaN for one fold
   * or a failed trial.
   */
  readonly standardError: number;
  /** The reason why a fold failed, if one did. The trial has then failed too. */
  readonly failed?: string;
}

/** Summarizes the results of all folds of a trial. */
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

/**
 * Sorts trials from best to worst; failed trials are last. If two means differ only by rounding,
 * the earlier trial is first.
 */
export function rankTrials(trials: readonly Trial[]): Trial[] {
  const equal = (a: Trial, b: Trial) => a.mean === b.mean || Math.abs(a.mean - b.mean) < 1e-12;
  return [...trials].sort((a, b) => (equal(a, b) ? a.trial - b.trial : a.mean - b.mean));
}

/**
 * Returns the observations for the Gaussian process. A failed trial gets the score of the worst
 * successful trial.
 *
 * @param transform a function, such as the logarithm, that is applied to each mean score.
 */
export function toObservations(
  trials: readonly Trial[],
  transform: (mean: number) => number = (mean) => mean,
): Observation[] {
  const scored = trials
    .filter(({ failed }) => failed === undefined)
    .map(({ mean }) => transform(mean));
  const worst = scored.length > 0 ? Math.max(...scored) : 0;
  return trials.map(({ point, mean, failed }) => ({
    point,
    target: failed === undefined ? transform(mean) : worst,
  }));
}
