import type { LogLine } from '../../train/runLog.ts';
import { sortLines, type RunLines } from '../../report/runLines.ts';

/** The losses and error rates of one epoch, on the training and the held-out records. */
export type EpochFigures = readonly [
  train: number,
  trainError: number,
  held: number,
  heldError: number,
];

/** Makes a log with ten steps per epoch. By default each step has its epoch's training loss. */
export function logOf(
  epochs: readonly EpochFigures[],
  more: { steps?: number[]; failure?: string } = {},
): LogLine[] {
  const losses = more.steps ?? epochs.flatMap(([loss]) => Array.from({ length: 10 }, () => loss));
  return [
    ...losses.map((loss, step) => ({ type: 'step' as const, step, loss, learningRate: 0.2 })),
    ...epochs.map(([loss, errorRate, held, heldError], k) => ({
      type: 'epoch' as const,
      step: 10 * (k + 1),
      epoch: k + 1,
      train: { loss, errorRate },
      validation: { loss: held, errorRate: heldError },
      learningRate: 0.2,
      boxes: [
        { path: '0', weight: 1, gradient: 0.1, update: 0.001 },
        { path: '2', weight: 1, gradient: 0, update: 0 },
      ],
      hidden: [
        {
          box: 'ReLU 1',
          dead: 0.25,
          sparsityAcrossExamples: 0.5 + 0.1 * k,
          sparsityAcrossUnits: 0.6,
          correlation: 0.3,
        },
      ],
    })),
    ...(more.failure === undefined
      ? []
      : [{ type: 'failed' as const, step: losses.length, message: more.failure }]),
  ];
}

export const linesOf = (...args: Parameters<typeof logOf>): RunLines => sortLines(logOf(...args));
