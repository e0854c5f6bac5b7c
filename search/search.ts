import { checkOptions } from '../lib/check.ts';
import { InputError, show } from '../lib/errors.ts';
import { Rng } from '../lib/rng.ts';
import { gridPoints, untriedPoint, spaceCardinality } from './points.ts';
import { proposePoint } from './propose.ts';
import { checkSpace } from './checkSpace.ts';
import type { Point, Space } from './space.ts';
import { toObservations, summarizeTrial, type FoldResult, type Trial } from './trial.ts';

/**
 * The methods that choose points: all points of a grid, random points, or points that a Gaussian
 * process (`gp`) proposes from the results so far.
 */
export const SEARCH_METHODS = ['grid', 'random', 'gp'] as const;

/** One evaluation, which is that of a point on a fold. */
export interface SearchTask {
  /** The number of the trial, counted from 0. */
  readonly trial: number;
  /** The fold that is held out, counted from 0. */
  readonly fold: number;
  /** The point to evaluate. */
  readonly point: Point;
}

/** The points and results of a search that was stopped. */
export interface SearchHistory {
  /** The point of each trial, indexed by the number of the trial. */
  readonly points: readonly (Point | undefined)[];
  /** Returns the result of a fold, or undefined if the fold has not finished. */
  result(trial: number, fold: number): FoldResult | undefined;
}

/** The answer to a task that another process evaluates. */
export interface Elsewhere {
  /** The result, once the other process has it. */
  readonly elsewhere: Promise<FoldResult>;
}

/** The options of `search`. */
export interface SearchOptions {
  /** The space to search. */
  readonly space: Space;
  /** The method that chooses the points. */
  readonly method: (typeof SEARCH_METHODS)[number];
  /** The number of trials. Leave it out for `grid`, which tries all points. */
  readonly trials?: number;
  /** The number of folds. Each trial evaluates its point once on every fold. */
  readonly folds: number;
  /** The seed of the random points. */
  readonly seed: number;
  /** The number of folds that this process evaluates at the same time. */
  readonly workers: number;
  /**
   * For `gp`: a proposal does not wait for the results of this number of preceding trials; 1 by
   * default.
   */
  readonly ahead?: number;
  /**
   * For `gp`: a function, such as the logarithm, that is applied to the mean scores before the
   * process is fitted to them.
   */
  readonly transform?: (mean: number) => number;
  /**
   * Evaluates a point on a fold. Lower scores are better. If several processes search together and
   * another one evaluates the fold, `evaluate` says so, and `search` goes on to the next fold.
   */
  readonly evaluate: (task: SearchTask) => Promise<FoldResult | Elsewhere>;
  /**
   * The points and results of an earlier search with the same options. They are not evaluated
   * again.
   */
  readonly history?: SearchHistory;
  /**
   * This function is called and awaited before the first fold of a new point is evaluated. If it
   * returns a point, because another process has stored it for this trial, that point is tried.
   */
  readonly onPoint?: (
    trial: number,
    point: Point,
  ) => void | Point | undefined | Promise<void | Point | undefined>;
  /** Receives each trial and is awaited, unless all results of the trial are from `history`. */
  readonly onTrial?: (trial: Trial) => void | Promise<void>;
  /**
   * Stops the search when it is aborted: no further fold starts, and `search` rejects with the
   * signal's reason.
   */
  readonly signal?: AbortSignal;
}

/**
 * Searches a space for the point with the smallest mean score over K folds, and evaluates several
 * folds at a time.
 *
 * The points do not depend on the number of workers, on the time that evaluations take, or on
 * interruptions. With `grid` and `random`, they do not depend on results either. With `gp` and d
 * dimensions, the first max(4, d + 1) points are random. Each later point t depends on the results
 * of the trials before t − ahead, and is proposed when they have finished. Of the `ahead` trials
 * directly before t, only their points are used. So up to ahead + 1 trials are evaluated at the
 * same time. A failed trial counts as the worst of the other trials.
 *
 * Errors: those of the space; options that are unknown or out of range; a grid with a number of
 *         trials; more trials than the space has points; those of `evaluate` and of the callbacks.
 * @returns the trials, in the order of their numbers.
 *
 *     const options = { space, method: 'gp', trials: 20, folds: 1, seed: 0, workers: 1 } as const;
 *     const evaluate = async ({ point }: SearchTask) => ({ score: await errorOf(point) });
 *     const [best] = (await search({ ...options, evaluate })).sort((a, b) => a.mean - b.mean);
 */
export async function search(options: SearchOptions): Promise<Trial[]> {
  const { space, method, folds, workers, signal, history, onTrial } = options;
  const trials = countTrials(options);
  const grid = method === 'grid' ? gridPoints(space) : undefined;
  const points: Point[] = [];
  const results: FoldResult[][] = [];
  const done: Trial[] = [];
  const waiting: SearchTask[] = [];
  const running = new Set<Promise<void>>();
  const elsewhere = new Set<Promise<void>>();
  let failure: { readonly error: unknown } | undefined;

  const finish = async (task: SearchTask, result: FoldResult, isNew: boolean) => {
    const { trial, fold, point } = task;
    results[trial][fold] = result;
    // The array may have holes. `length` counts holes, and `Object.keys` does not.
    if (Object.keys(results[trial]).length < folds) return;
    done[trial] = summarizeTrial(trial, point, results[trial]);
    if (isNew) await onTrial?.(done[trial]);
  };
  /** Adds work to a set until it ends. Its error ends the search. */
  const track = (set: Set<Promise<void>>, work: Promise<void>) => {
    const one: Promise<void> = work
      .catch((error: unknown) => void (failure ??= { error }))
      .finally(() => set.delete(one));
    set.add(one);
  };
  const settle = async (task: SearchTask, result: FoldResult) => {
    if (!signal?.aborted) await finish(task, result, true);
  };
  const run = async (task: SearchTask) => {
    const answer = await options.evaluate(task);
    if (!('elsewhere' in answer)) return settle(task, answer);
    track(
      elsewhere,
      answer.elsewhere.then((result) => settle(task, result)),
    );
  };
  /**
   * Proposes the next point and queues its folds. Returns false if there was no point to propose.
   */
  const proposeNext = async (): Promise<boolean> => {
    const trial = points.length;
    const ahead = options.ahead ?? 1;
    if (trial >= trials) return false;
    const known = Math.max(0, trial - ahead);
    const modelled = method === 'gp' && trial >= initialTrials(space);
    // The first `known` trials must have finished. Later trials may still be running.
    if (modelled && Object.keys(done.slice(0, known)).length < known) return false;
    const before = history?.points[trial];
    const rng = new Rng(options.seed).fold(trial);
    const proposed =
      before ??
      grid?.[trial] ??
      (modelled
        ? await proposePoint({
            space,
            observed: toObservations(done.slice(0, known), options.transform),
            pending: points.slice(known),
            rng,
          })
        : untriedPoint(space, points, rng));
    const stored = before === undefined ? await options.onPoint?.(trial, proposed) : undefined;
    const point = stored ?? proposed;
    points.push(point);
    results.push([]);
    for (let fold = 0; fold < folds; fold++) {
      const task = { trial, fold, point };
      const result = history?.result(trial, fold);
      if (result === undefined) waiting.push(task);
      else await finish(task, result, false);
    }
    return true;
  };

  for (;;) {
    signal?.throwIfAborted();
    if (failure) throw failure.error;
    const task = waiting.length > 0 && running.size < workers ? waiting.shift() : undefined;
    if (task !== undefined) track(running, run(task));
    else if (running.size < workers && (await proposeNext())) continue;
    else if (running.size + elsewhere.size > 0) await Promise.race([...running, ...elsewhere]);
    else return done;
  }
}

/** Returns the number of random trials with which `gp` begins. */
export function initialTrials(space: Space): number {
  return Math.max(4, Object.keys(space).length + 1);
}

/** Checks the options. Returns the number of trials. */
function countTrials(options: SearchOptions): number {
  checkOptions('search', options, [
    'space',
    'method',
    'trials',
    'folds',
    'seed',
    'workers',
    'ahead',
    'transform',
    'evaluate',
    'history',
    'onPoint',
    'onTrial',
    'signal',
  ]);
  const { space, method, trials, folds, workers, ahead = 1 } = options;
  checkSpace(space);
  for (const [name, value, least] of [
    ['trials', trials ?? 2, 2],
    ['folds', folds, 1],
    ['workers', workers, 1],
    ['ahead', ahead, 0],
  ] as const) {
    if (!Number.isSafeInteger(value) || value < least) {
      throw new InputError(
        `search: expected ${name} to be an integer of at least ${least}, got ${show(value)}`,
      );
    }
  }
  if (method === 'grid') {
    const size = gridPoints(space).length;
    if (trials === undefined || trials === size) return size;
    throw new InputError(
      `search: expected no number of trials with grid, which has ${size}, got ${trials}`,
    );
  }
  if (trials === undefined)
    throw new InputError(`search: expected a number of trials with ${method}, got none`);
  const size = spaceCardinality(space);
  if (trials > size) {
    throw new InputError(
      `search: expected at most as many trials as there are points, ${size}, got ${trials}`,
    );
  }
  return trials;
}
