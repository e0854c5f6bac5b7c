import type { TargetInfo } from '../data/targets.ts';

/** The meaning of the targets of each loss of `--loss`. */
const KINDS = {
  euclidean: 'numbers',
  l1: 'numbers',
  huber: 'numbers',
  'binary-cross-entropy': 'answers',
  focal: 'answers',
  'cross-entropy': 'labels',
} as const satisfies Record<string, TargetInfo['kind']>;

/** The name of a loss. */
export type LossName = keyof typeof KINDS;

/** The choices of `--loss`. */
export const LOSSES: readonly LossName[] = [
  'euclidean',
  'l1',
  'huber',
  'binary-cross-entropy',
  'focal',
  'cross-entropy',
];

/** Returns the meaning of the targets of a loss. */
export function kindOf(loss: LossName): TargetInfo['kind'] {
  return KINDS[loss];
}
