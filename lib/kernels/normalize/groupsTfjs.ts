import { mul, ones, reshape, sum, tidy, type Tensor, type Tensor3D } from '@tensorflow/tfjs-core';
import { multiplyEach } from '../matmul/matMul.ts';
import type { GroupKernels, ReductionGroups } from './groupKernels.ts';

/** Sums of groups by tfjs's own kernels. */
export const tfjs: GroupKernels = {
  rowsPerLine: () => 1,

  sum: (x, grouping) => sumInBlocks(x, grouping, sumRows),

  broadcast(perGroup, { outer, rows, groups, columns }) {
    if (groups === 1 && rows === 1) return reshape(perGroup, outer === 1 ? [1] : [outer, 1, 1]);
    const width = groups * columns;
    const shape = outer === 1 ? [width] : [outer, 1, width];
    return tidy(() => {
      if (columns === 1) return reshape(perGroup, shape);
      const perColumn = ones([outer, groups, columns]);
      return reshape(mul(reshape(perGroup, [outer, groups, 1]), perColumn), shape);
    });
  },
};

/** The sums of the columns of `count` matrices of shape [rows, width]. */
export type SumRows = (x: Tensor, count: number, rows: number, width: number) => Tensor;

/** Sums the rows of matrices as a product with ones. */
export const sumRows: SumRows = (x, count, rows, width) =>
  multiplyEach(ones([count, 1, rows]), reshape(x, [count, rows, width]));

/** Sums groups in two steps: two short sums round less than one long sum. */
export function sumInBlocks(x: Tensor, grouping: ReductionGroups, sumRows: SumRows): Tensor3D {
  const { outer, rows, groups, columns } = grouping;
  return tidy(() => {
    let sums = x;
    if (rows > 1) {
      const blocks = divisorBelowRoot(rows);
      const first = sumRows(sums, outer * blocks, rows / blocks, groups * columns);
      sums = sumRows(first, outer, blocks, groups * columns);
    }
    if (columns > 1) {
      const blocks = divisorBelowRoot(columns);
      sums = sum(sum(reshape(sums, [outer * groups, blocks, columns / blocks]), 2), 1);
    }
    return reshape(sums, [outer, 1, groups]);
  });
}

/** The largest divisor of n that is at most √n. */
function divisorBelowRoot(n: number): number {
  let divisor = Math.floor(Math.sqrt(n));
  while (n % divisor !== 0) divisor--;
  return divisor;
}
