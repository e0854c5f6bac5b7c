import { mul, reshape, square, sub, tidy, type Tensor, type Tensor3D } from '@tensorflow/tfjs-core';
import { scalar } from '../../constant.ts';
import { forBackend, type ByBackend } from '../backends/select.ts';
import type { GroupKernels, ReductionGroups } from './groupKernels.ts';
import { inLoops } from './groupsInLoops.ts';
import { wasm } from './groupsOnWasm.ts';
import { tfjs } from './groupsTfjs.ts';

export type { ReductionGroups } from './groupKernels.ts';

const KERNELS: ByBackend<GroupKernels> = { cpu: inLoops, float64: inLoops, wasm, other: tfjs };

/** Returns the shape to which `broadcastGroups` broadcasts: [outer, lines, values of a line]. */
export function viewOf(grouping: ReductionGroups): [number, number, number] {
  const { outer, rows, groups, columns } = grouping;
  const rowsPerLine = forBackend(KERNELS).rowsPerLine(grouping);
  return [outer, rows / rowsPerLine, rowsPerLine * groups * columns];
}

/** Returns the number of elements of a group. */
export function groupSize({ rows, columns }: ReductionGroups): number {
  return rows * columns;
}

/** Returns the sum of each group, [outer, 1, groups]. */
export function sumOver(x: Tensor, grouping: ReductionGroups): Tensor3D {
  return forBackend(KERNELS).sum(x, grouping);
}

/** Returns the mean of each group, [outer, 1, groups]. */
export function meanOver(x: Tensor, grouping: ReductionGroups): Tensor3D {
  return tidy(() => mul(sumOver(x, grouping), scalar(1 / groupSize(grouping))));
}

/**
 * Returns the mean and the variance of each group, [outer, 1, groups], and x − mean in the view.
 *
 *     variance = Σ (x − mean)² / size
 *
 * The variance is computed from x − mean, because E[x²] − E[x]² cancels.
 */
export function momentsOver(
  x: Tensor,
  grouping: ReductionGroups,
): { mean: Tensor3D; variance: Tensor3D; centered: Tensor } {
  return tidy(() => {
    const mean = meanOver(x, grouping);
    const centered = sub(reshape(x, viewOf(grouping)), broadcastGroups(mean, grouping));
    return { mean, variance: meanOver(square(centered), grouping), centered };
  });
}

/**
 * Returns one value per group, [outer, 1, groups], in a shape that broadcasts to
 * `viewOf(grouping)`, so that each element meets the value of its group.
 */
export function broadcastGroups(perGroup: Tensor, grouping: ReductionGroups): Tensor {
  return forBackend(KERNELS).broadcast(perGroup, grouping);
}
