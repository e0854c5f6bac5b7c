import type { LogLine } from '../train/runLog.ts';
import type { LayerStats } from '../train/layerStats.ts';

/** The result of an epoch on one dataset. */
export interface Figures {
  /** The mean loss, in nats. */
  readonly loss: number;
  /** The fraction of misclassified examples. */
  readonly errorRate: number;
}

/** The log line of an epoch. */
export interface EpochLine {
  /** The number of the epoch, counted from 1. */
  readonly epoch: number;
  /** The result on the training examples. */
  readonly train: Figures;
  /**
   * The result on the validation examples, or on the test examples if there are no validation
   * examples.
   */
  readonly validation: Figures;
  /** The learning rate at the end of the epoch. */
  readonly learningRate: number;
  /** The sizes of weights, gradients and updates per box. */
  readonly boxes: readonly LayerStats[];
}

/** The log line of a step. */
export interface StepLine {
  /** The number of the step, counted from 0. */
  readonly step: number;
  /** The loss of the batch, in nats. */
  readonly loss: number;
  /** The learning rate of the step. */
  readonly learningRate: number;
}

/** A run's log, sorted by the types of its lines. */
export interface RunLines {
  /** The steps. */
  readonly steps: readonly StepLine[];
  /** The epochs. */
  readonly epochs: readonly EpochLine[];
  /** The reason why the run failed, if it did. */
  readonly failure?: string;
}

/** Sorts the lines of a log by their types. */
export function sortLines(log: readonly LogLine[]): RunLines {
  const of = <T>(type: LogLine['type']) =>
    log.filter((line) => line.type === type) as unknown as T[];
  const last = log.at(-1);
  return {
    steps: of<StepLine>('step'),
    epochs: of<EpochLine>('epoch'),
    ...(last?.type === 'failed' && { failure: String(last.message) }),
  };
}
