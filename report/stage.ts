import { batchCount } from '../data/batches.ts';
import type { TrainingProgress } from '../train/trainer.ts';

/** The progress of a training run. */
export interface Stage {
  /** A description of the progress, such as `after epoch 3`. */
  readonly when: string;
  /** Whether the network has been trained at all. */
  readonly trained: boolean;
}

/** Describes the progress of a training run. */
export function stageOf({
  step,
  examples,
  batchSize,
  dropLast = false,
}: Pick<TrainingProgress, 'step' | 'examples' | 'batchSize' | 'dropLast'>): Stage {
  if (step === 0) return { when: 'before the first step', trained: false };
  const epochs = step / batchCount(examples, batchSize, { dropLast });
  const whole = Number.isInteger(epochs);
  const when = whole
    ? `after epoch ${epochs}`
    : `after ${step} steps, in epoch ${Math.ceil(epochs)}`;
  return { when, trained: true };
}
