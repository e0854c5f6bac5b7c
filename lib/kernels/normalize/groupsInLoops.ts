import { reshape, type Tensor, type Tensor3D } from '@tensorflow/tfjs-core';
import { computeOnHost, type Values } from '../backends/host.ts';
import type { GroupKernels, ReductionGroups } from './groupKernels.ts';
import { sumOfRun } from '../reduce/sumOfRun.ts';

/**
 * Sums over groups on cpu and float64. A plain loop is faster there than tfjs's own sums and
 * broadcasts, and it adds in double precision.
 */
export const inLoops: GroupKernels = {
  rowsPerLine: () => 1,

  sum: sumInLoops,

  broadcast(perGroup, grouping) {
    const { outer, rows, groups, columns } = grouping;
    // On cpu, tfjs's broadcast is fast only along the last axes.
    if (outer > 1) return spread(perGroup, grouping, [outer, rows, groups * columns]);
    if (groups === 1 && rows === 1) return reshape(perGroup, [1]);
    return spread(perGroup, { ...grouping, rows: 1 }, [groups * columns]);
  },
};

/** Writes the value of each group to all elements of the group. */
export function spread(
  perGroup: Tensor,
  grouping: ReductionGroups,
  shape: readonly number[],
): Tensor {
  return computeOnHost([perGroup], shape, (elements, values) => {
    forEachRun(grouping, (group, at) => elements.fill(values[group], at, at + grouping.columns));
  });
}

/** Returns the sum of each group, [outer, 1, groups]. Each sum is rounded only once, at the end. */
export function sumInLoops(x: Tensor, grouping: ReductionGroups): Tensor3D {
  const { outer, groups } = grouping;
  return computeOnHost([x], [outer, 1, groups], (sums, values) => {
    const totals = new Float64Array(outer * groups);
    addRows(totals, values, grouping);
    sums.set(totals);
  }) as Tensor3D;
}

/** Adds the rows of every group, from `firstRow` on, to the group's total. */
export function addRows(
  totals: Float64Array,
  values: Values,
  { outer, rows, groups, columns }: ReductionGroups,
  firstRow = 0,
): void {
  const width = groups * columns;
  const perColumn = new Float64Array(width);
  for (let o = 0; o < outer; o++) {
    const start = (o * rows + firstRow) * width;
    const end = (o + 1) * rows * width;
    if (end - start === width && columns > 1) {
      for (let g = 0; g < groups; g++) {
        totals[o * groups + g] += sumOfRun(values, start + g * columns, columns);
      }
      continue;
    }
    perColumn.fill(0);
    addToColumns(perColumn, values, start, end);
    for (let c = 0; c < width; c++) totals[o * groups + Math.floor(c / columns)] += perColumn[c];
  }
}

/**
 * Adds each column of a matrix to its total. It adds eight rows at a time, which takes a third of
 * the time of one row at a time.
 */
function addToColumns(totals: Float64Array, values: Values, start: number, end: number): void {
  const width = totals.length;
  let at = start;
  for (; at + 8 * width <= end; at += 8 * width) {
    for (let c = 0; c < width; c++) {
      let i = at + c;
      let sum = values[i];
      sum += values[(i += width)];
      sum += values[(i += width)];
      sum += values[(i += width)];
      sum += values[(i += width)];
      sum += values[(i += width)];
      sum += values[(i += width)];
      sum += values[i + width];
      totals[c] += sum;
    }
  }
  for (; at < end; at += width) {
    for (let c = 0; c < width; c++) totals[c] += values[at + c];
  }
}

/** Calls a function with the index of each run of `columns` contiguous elements of a group. */
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
