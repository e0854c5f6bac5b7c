import type { Tensor, Tensor3D } from '@tensorflow/tfjs-core';

/**
 * A division of the elements of a tensor into groups, each of which has a common mean. With the
 * tensor viewed as [outer, rows, groups, columns], a group consists of the elements that have the
 * same index in `outer` and in `groups`.
 */
export interface ReductionGroups {
  readonly outer: number;
  readonly rows: number;
  readonly groups: number;
  readonly columns: number;
}

/** One backend's sums over groups. */
export interface GroupKernels {
  /** The number of rows that form one line of `viewOf`. It must divide `rows`. */
  readonly rowsPerLine: (grouping: ReductionGroups) => number;
  /** The sum of each group, [outer, 1, groups]. */
  readonly sum: (x: Tensor, grouping: ReductionGroups) => Tensor3D;
  /** Returns one value per group in a shape that broadcasts to `viewOf`. */
  readonly broadcast: (perGroup: Tensor, grouping: ReductionGroups) => Tensor;
}
