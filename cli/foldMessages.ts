import type { RunOptions } from './runOptions.ts';
import type { Cut, FoldScore } from './trainFold.ts';

/** What a worker thread is started with. */
export interface WorkerSetup extends Cut {
  /** Of the data and the backend, which all trials share. */
  readonly common: RunOptions;
}

/** What a worker is asked: to train at a point, with one fold held out. */
export interface Question {
  readonly options: RunOptions;
  readonly fold: number;
}

export type Reply = (FoldScore & { readonly seconds: number }) | { readonly failed: string };

/** The first thing that a worker says, once it has loaded. */
export const READY = 'ready';
