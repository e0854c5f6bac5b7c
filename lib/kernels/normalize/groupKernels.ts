import type { Tensor, Tensor3D } from '@tensorflow/tfjs-core';

/**
 * How the elements of a tensor are divided into groups that share a mean. Seen as
 * [outer, rows, groups, columns], the elements of one `outer` and one `group` are a group.
 */
export interface ReductionGroups {
  readonly outer: number;
  readonly rows: number;
  readonly groups: number;
  readonly columns: number;
}

/** One backend's sums of groups. */
export interface GroupKernels {
  /** The number of rows that one row of the view consists of; it divides the rows. */
  readonly rowsPerLine: (grouping: ReductionGroups) => number;
  /** The sum of each group, [outer, 1, groups]. */
  readonly sum: (x: Tensor, grouping: ReductionGroups) => Tensor3D;
  /** One value per group in a shape that broadcasts to the view. */
  readonly broadcast: (perGroup: Tensor, grouping: ReductionGroups) => Tensor;
}
