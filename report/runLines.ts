import type { LogLine } from '../train/runLog.ts';
import type { LayerStats } from '../train/layerStats.ts';

export interface Figures {
  /** In nats. */
  readonly loss: number;
  readonly errorRate: number;
}

export interface EpochLine {
  readonly epoch: number;
  readonly train: Figures;
  /** Of the validation records, or of the test records where there are none. */
  readonly validation: Figures;
  readonly learningRate: number;
  readonly boxes: readonly LayerStats[];
}

export interface StepLine {
  readonly step: number;
  readonly loss: number;
  readonly learningRate: number;
}

/** A run's log by the kinds of its lines. */
export interface RunLines {
  readonly steps: readonly StepLine[];
  readonly epochs: readonly EpochLine[];
  /** Why the run broke off, if it did. */
  readonly failure?: string;
}

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
