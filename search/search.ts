import { InputError, show } from '../lib/errors.ts';
import { Rng } from '../lib/rng.ts';
import { gridPoints, untriedPoint, spaceCardinality } from './points.ts';
import { proposePoint } from './propose.ts';
import { checkSpace } from './checkSpace.ts';
import type { Point, Space } from './space.ts';
import { toObservations, summarizeTrial, type FoldResult, type Trial } from './trial.ts';

export const SEARCH_METHODS = ['grid', 'random', 'gp'] as const;

export interface SearchTask {
  /** Counted from 0. */
  readonly trial: number;
  /** Which of the folds is held out, counted from 0. */
  readonly fold: number;
  readonly point: Point;
}

/** What was found before a search was stopped. */
export interface SearchHistory {
  /** By their number. */
  readonly points: readonly (Point | undefined)[];
  result(trial: number, fold: number): FoldResult | undefined;
}

export interface SearchOptions {
  readonly space: Space;
  readonly method: (typeof SEARCH_METHODS)[number];
  /** Of a grid all points, and then this is not given. */
  readonly trials?: number;
  readonly folds: number;
  readonly seed: number;
  /** How many folds are evaluated at a time. */
  readonly workers: number;
  /** Of gp: how many trials before it a proposal does not wait for; 1 by default. */
  readonly ahead?: number;
  /** What gp models of a mean score, such as its logarithm. */
  readonly target?: (mean: number) => number;
  readonly evaluate: (task: SearchTask) => Promise<FoldResult>;
  readonly history?: SearchHistory;
  /** Before its first fold is evaluated; is waited for. Not called for earlier points. */
  readonly onPoint?: (trial: number, point: Point) => void | Promise<void>;
  /** Is waited for. Not called for a trial all of whose results are from earlier. */
  readonly onTrial?: (trial: Trial) => void | Promise<void>;
  readonly signal?: AbortSignal;
}

/**
 * Tries points of a space, each by the mean of its scores over K folds, several folds at a time.
 *
 * What is tried does not depend on how many run at a time, on how long they take, or on being stopped: point t of `grid` and
 * `random` is drawn for t alone; that of `gp` is random for t < max(4, d + 1), and after that depends on the results of the
 * trials before t − ahead, for which it waits, and on the points, not the results, of the `ahead` trials between. So
 * workers have at least ahead + 1 trials' folds to do. A failed trial counts as the worst of the others.
 *
 * Errors: those of the space; options out of range; a grid with a number of trials; more trials than the space has points.
 * @returns the trials by their number. It rejects with the signal's reason, and with what `evaluate` and the callbacks reject.
 */
export async function search(options: SearchOptions): Promise<Trial[]> {
  const { space, method, folds, workers, signal, history, onTrial } = options;
  const trials = checkOptions(options);
  const grid = method === 'grid' ? gridPoints(space) : undefined;
  const points: Point[] = [];
  const results: FoldResult[][] = [];
  const done: Trial[] = [];
  const waiting: SearchTask[] = [];
  const running = new Set<Promise<void>>();
  let failure: { readonly error: unknown } | undefined;

  const finish = async (task: SearchTask, result: FoldResult, isNew: boolean) => {
    const { trial, fold, point } = task;
    results[trial][fold] = result;
    // Holes are not counted.
    if (Object.keys(results[trial]).length < folds) return;
    done[trial] = summarizeTrial(trial, point, results[trial]);
    if (isNew) await onTrial?.(done[trial]);
  };
  const run = async (task: SearchTask) => {
    const result = await options.evaluate(task);
    if (!signal?.aborted) await finish(task, result, true);
  };
  /** Whether there was one to be proposed. */
  const proposeNext = async (): Promise<boolean> => {
    const trial = points.length;
    const ahead = options.ahead ?? 1;
    if (trial >= trials) return false;
    const known = Math.max(0, trial - ahead);
    const modelled = method === 'gp' && trial >= initialTrials(space);
    // Those in between may still run.
    if (modelled && Object.keys(done.slice(0, known)).length < known) return false;
    const before = history?.points[trial];
    const rng = new Rng(options.seed).fold(trial);
    const point =
      before ??
      grid?.[trial] ??
      (modelled
        ? await proposePoint(
            space,
            toObservations(done.slice(0, known), options.target),
            points.slice(known),
            rng,
          )
        : untriedPoint(space, points, rng));
    if (before === undefined) await options.onPoint?.(trial, point);
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
    if (task !== undefined) {
      const one: Promise<void> = run(task)
        .catch((error: unknown) => void (failure ??= { error }))
        .finally(() => running.delete(one));
      running.add(one);
    } else if (running.size < workers && (await proposeNext())) continue;
    else if (running.size > 0) await Promise.race([...running]);
    else return done;
  }
}

/** How many trials of gp are random. */
export function initialTrials(space: Space): number {
  return Math.max(4, Object.keys(space).length + 1);
}

function checkOptions({ space, method, trials, folds, workers, ahead = 1 }: SearchOptions): number {
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
