import {
  add,
  mul,
  reshape,
  square,
  sub,
  tidy,
  type Tensor,
  zeros,
  type Tensor3D,
} from '@tensorflow/tfjs-core';
import { scalar } from '../../constant.ts';
import { hostValues } from '../backends/hostValues.ts';
import { forBackend, type ByBackend } from '../backends/select.ts';
import { simd } from '../simd/current.ts';
import type { GroupKernels, ReductionGroups } from './groupKernels.ts';
import { inLoops } from './groupsInLoops.ts';
import { wasm } from './groupsOnWasm.ts';
import { tfjs } from './groupsTfjs.ts';

export type { ReductionGroups } from './groupKernels.ts';

const KERNELS: ByBackend<GroupKernels> = {
  cpu: inLoops,
  float64: inLoops,
  wasm,
  get wasmSimd() {
    return simd()?.groups;
  },
  other: tfjs,
};

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
  if (x.size === 0) return zeros([grouping.outer, 1, grouping.groups]);
  return forBackend(KERNELS).sum(x, grouping);
}

/** Returns the mean of each group, [outer, 1, groups]. */
export function meanOver(x: Tensor, grouping: ReductionGroups): Tensor3D {
  return tidy(() => mul(sumOver(x, grouping), scalar(1 / groupSize(grouping))));
}

/**
 * Returns the mean and the variance of each group, [outer, 1, groups], and x − mean in the shape of
 * `viewOf`.
 *
 *     variance = Σ (x − mean)² / size
 *
 * The variance is computed from x − mean, because in E[x²] − E[x]² most digits cancel.
 */
export function momentsOver(
  x: Tensor,
  grouping: ReductionGroups,
): { mean: Tensor3D; variance: Tensor3D; centered: Tensor } {
  return tidy(() => {
    const mean = meanOver(x, grouping);
    const centered = sub(reshape(x, viewOf(grouping)), broadcastGroups(mean, grouping));
    const variance = meanOver(square(centered), grouping);
    if (!isFar(mean, variance)) return { mean, variance, centered };
    const rest = meanOver(centered, grouping);
    const recentered = sub(centered, broadcastGroups(rest, grouping));
    return {
      mean: add(mean, rest),
      variance: meanOver(square(recentered), grouping),
      centered: recentered,
    };
  });
}

/** If a mean is more than this number of standard deviations away from 0, it is computed again. */
const FAR = 300;

/**
 * Returns whether the mean of a group is so far from 0 that its rounding error matters: a relative
 * error of 1e-7 is 1e-3 for a mean of 10000. Values that exist only on a GPU are not read, because
 * the program would have to wait for the GPU.
 */
function isFar(mean: Tensor, variance: Tensor): boolean {
  const [means, variances] = [hostValues(mean), hostValues(variance)];
  if (means === undefined || variances === undefined) return false;
  for (let i = 0; i < means.length; i++) {
    if (means[i] ** 2 > FAR ** 2 * variances[i]) return true;
  }
  return false;
}

/**
 * Returns one value per group, [outer, 1, groups], in a shape that broadcasts to
 * `viewOf(grouping)`, so that each element is combined with the value of its group.
 */
export function broadcastGroups(perGroup: Tensor, grouping: ReductionGroups): Tensor {
  return forBackend(KERNELS).broadcast(perGroup, grouping);
}
