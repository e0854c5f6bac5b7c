import type { TrainingProgress } from '../train/trainer.ts';

/** A moment of a training. */
export interface Stage {
  /** `after epoch 3` */
  readonly when: string;
  /** Whether the network has learnt anything by then. */
  readonly trained: boolean;
}

export function stageOf({
  step,
  examples,
  batchSize,
}: Pick<TrainingProgress, 'step' | 'examples' | 'batchSize'>): Stage {
  if (step === 0) return { when: 'before the first step', trained: false };
  const epochs = step / Math.ceil(examples / batchSize);
  const whole = Number.isInteger(epochs);
  const when = whole
    ? `after epoch ${epochs}`
    : `after ${step} steps, in epoch ${Math.ceil(epochs)}`;
  return { when, trained: true };
}
