import type { AdversarialTry } from '../../../inspect/closestAdversarial.ts';
import type { LayerStats } from '../../../train/layerStats.ts';
import type { EpochLine, StepLine } from '../../../report/runLines.ts';

/** The end of an epoch. */
export interface EpochPoint extends EpochLine {
  /** The number of steps done. */
  readonly step: number;
}

/** A report of the worker to the page: about the training, or about a search for an image. */
export type LiveReport = { readonly training: Progress } | { readonly search: AdversarialTry };

/** A report about the training, at most ten times a second. */
export interface Progress {
  /** The number of steps done. */
  readonly step: number;
  readonly running: boolean;
  /** The steps since the last report. */
  readonly steps: readonly StepLine[];
  /** The epochs that have ended since the last report. */
  readonly epochs: readonly EpochPoint[];
  /** The mean speed since the training was last started, in images per second. */
  readonly imagesPerSecond?: number;
  /** The sizes of weights, gradients and updates, if the step was watched. */
  readonly layers?: readonly LayerStats[];
  /** The error that ended the training. */
  readonly failure?: string;
  /** The number of tensors in the worker; `bytes` is their size. */
  readonly tensors: number;
  readonly bytes: number;
}
