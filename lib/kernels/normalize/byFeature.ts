import type { Tensor } from '@tensorflow/tfjs-core';
import type { ReductionGroups } from './groupKernels.ts';

/** Returns one group per feature: the feature's values at all positions of the batch. */
export function byFeature(x: Tensor): ReductionGroups {
  const groups = x.shape[x.rank - 1];
  return { outer: 1, rows: x.size / groups, groups, columns: 1 };
}
