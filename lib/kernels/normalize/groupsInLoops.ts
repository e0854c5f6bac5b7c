import { reshape, type Tensor, type Tensor3D } from '@tensorflow/tfjs-core';
import { computeOnHost } from '../backends/host.ts';
import type { GroupKernels, ReductionGroups } from './groupKernels.ts';

/**
 * Sums of groups on cpu and float64, where tfjs's own sums and broadcasts are slower than a plain
 * loop, which moreover adds in double precision.
 */
export const inLoops: GroupKernels = {
  rowsPerLine: () => 1,

  sum(x, grouping) {
    const { outer, groups, columns } = grouping;
    return computeOnHost([x], [outer, 1, groups], (sums, values) => {
      const totals = new Float64Array(outer * groups);
      forEachRun(grouping, (group, at) => {
        let total = 0;
        for (let end = at + columns; at < end; at++) total += values[at];
        totals[group] += total;
      });
      sums.set(totals);
    }) as Tensor3D;
  },

  broadcast(perGroup, grouping) {
    const { outer, rows, groups, columns } = grouping;
    // cpu is slow to broadcast along any but the last axes.
    if (outer > 1) return spread(perGroup, grouping, [outer, rows, groups * columns]);
    if (groups === 1 && rows === 1) return reshape(perGroup, [1]);
    return spread(perGroup, { ...grouping, rows: 1 }, [groups * columns]);
  },
};

/** Writes the value of each group to the places of its elements. */
export function spread(
  perGroup: Tensor,
  grouping: ReductionGroups,
  shape: readonly number[],
): Tensor {
  return computeOnHost([perGroup], shape, (elements, values) => {
    forEachRun(grouping, (group, at) => elements.fill(values[group], at, at + grouping.columns));
  });
}

/** Visits every run of `columns` contiguous elements of a group, at index `at`. */
function forEachRun(
  { outer, rows, groups, columns }: ReductionGroups,
  visit: (group: number, at: number) => void,
): void {
  let at = 0;
  for (let o = 0; o < outer; o++) {
    for (let r = 0; r < rows; r++) {
      for (let g = 0; g < groups; g++, at += columns) visit(o * groups + g, at);
    }
  }
}
