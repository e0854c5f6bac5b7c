import type { Tensor, Tensor3D } from '@tensorflow/tfjs-core';

/**
 * A division of the elements of a tensor into groups with a common mean each. If the tensor has the
 * shape [outer, rows, groups, columns], the elements with the same index in `outer` and in `groups`
 * are a group.
 */
export interface ReductionGroups {
  readonly outer: number;
  readonly rows: number;
  readonly groups: number;
  readonly columns: number;
}

/** One backend's sums of groups. */
export interface GroupKernels {
  /** The number of rows that form one line of `viewOf`; it is a divisor of `rows`. */
  readonly rowsPerLine: (grouping: ReductionGroups) => number;
  /** The sum of each group, [outer, 1, groups]. */
  readonly sum: (x: Tensor, grouping: ReductionGroups) => Tensor3D;
  /** Returns one value per group in a shape that broadcasts to `viewOf`. */
  readonly broadcast: (perGroup: Tensor, grouping: ReductionGroups) => Tensor;
}
