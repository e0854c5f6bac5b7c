import type { FoldScore, FoldSplit } from './trainFold.ts';
import type { RunOptions } from './trainOptions.ts';

/** The data with which a worker thread starts. */
export interface WorkerSetup extends FoldSplit {
  /** The options for the data and the backend, which are the same for all trials. */
  readonly common: RunOptions;
}

/** A request to a worker: train with these options on all folds but one. */
export interface FoldRequest {
  /** The options of the trial. */
  readonly options: RunOptions;
  /** The index of the fold that is held out. */
  readonly fold: number;
}

/**
 * The worker's reply: the score of the fold and the time that it took, or the reason why it failed.
 */
export type Reply = (FoldScore & { readonly seconds: number }) | { readonly failed: string };

/** The first message of a worker, which it sends when it has loaded its code. */
export const READY = 'ready';
