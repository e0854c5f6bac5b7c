import type { FoldScore, FoldSplit } from './trainFold.ts';
import type { RunOptions } from './trainOptions.ts';

/** The data that a worker thread starts with. */
export interface WorkerSetup extends FoldSplit {
  /** The options of the data and the backend, which all trials share. */
  readonly common: RunOptions;
}

/** A request to a worker: train with these options while one fold is held out. */
export interface FoldRequest {
  /** The options of the trial. */
  readonly options: RunOptions;
  /** The index of the fold. */
  readonly fold: number;
}

/** The worker's reply: the score of the fold and its duration, or the reason why it failed. */
export type Reply = (FoldScore & { readonly seconds: number }) | { readonly failed: string };

/** The first message of a worker, sent once it has loaded. */
export const READY = 'ready';
