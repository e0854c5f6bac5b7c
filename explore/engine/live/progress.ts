import type { AdversarialTry } from '../../../inspect/closestAdversarial.ts';
import type { LayerStats } from '../../../train/layerStats.ts';
import type { EpochLine, StepLine } from '../../../report/runLines.ts';

/** The results at the end of an epoch. */
export interface EpochPoint extends EpochLine {
  /** The number of steps that have been made. */
  readonly step: number;
}

/**
 * A report that the worker sends to the page. It is about the training, or about a search for an
 * image.
 */
export type LiveReport = { readonly training: Progress } | { readonly search: AdversarialTry };

/** A report about the training. At most ten are sent per second. */
export interface Progress {
  /** The number of steps that have been made. */
  readonly step: number;
  readonly running: boolean;
  /** The steps that were made since the last report. */
  readonly steps: readonly StepLine[];
  /** The epochs that have ended since the last report. */
  readonly epochs: readonly EpochPoint[];
  /** The mean speed since the training was last started, in images per second. */
  readonly imagesPerSecond?: number;
  /**
   * The root mean squares of weights, gradients and updates, if they were measured at this step.
   */
  readonly layers?: readonly LayerStats[];
  /** The error that ended the training. */
  readonly failure?: string;
  /** The number of tensors in the worker. `bytes` is their total size. */
  readonly tensors: number;
  readonly bytes: number;
}
