import {
  mul,
  ones,
  pad,
  reshape,
  sum,
  tidy,
  type Tensor,
  type Tensor3D,
} from '@tensorflow/tfjs-core';
import { multiplyEach } from '../matmul/matMul.ts';
import type { GroupKernels, ReductionGroups } from './groupKernels.ts';

/** Sums over groups, and their broadcasts, that use tfjs's own kernels. */
export const tfjs: GroupKernels = {
  rowsPerLine: () => 1,

  sum: sumInBlocks,

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

/**
 * Sums each group in two steps, because two short sums have a smaller rounding error than one long
 * sum.
 */
function sumInBlocks(x: Tensor, { outer, rows, groups, columns }: ReductionGroups): Tensor3D {
  const width = groups * columns;
  return tidy(() => {
    let sums = x;
    if (rows > 1) {
      const [blocks, padded] = inBlocks(sums, outer, rows, width);
      const first = sumRows(padded, outer * blocks, padded.size / (outer * blocks * width), width);
      sums = sumRows(first, outer, blocks, width);
    }
    if (columns > 1) {
      const [blocks, padded] = inBlocks(sums, outer * groups, columns, 1);
      sums = sum(sum(reshape(padded, [outer * groups, blocks, -1]), 2), 1);
    }
    return reshape(sums, [outer, 1, groups]);
  });
}

/** Sums the rows of `count` matrices of shape [rows, width], as a matrix product with ones. */
function sumRows(x: Tensor, count: number, rows: number, width: number): Tensor {
  return multiplyEach(ones([count, 1, rows]), reshape(x, [count, rows, width]));
}

/**
 * The largest number of rows of a block, or eight times the square root of the number of all rows,
 * if that is more.
 */
const ROWS = 256;

/**
 * Divides the rows of matrices into blocks of equal size. The number of blocks is about the number
 * of rows in a block. If no suitable size divides the number of rows, rows of zeros are appended.
 */
function inBlocks(x: Tensor, count: number, rows: number, width: number): [number, Tensor] {
  const root = Math.floor(Math.sqrt(rows));
  let blocks = root;
  while (rows % blocks !== 0) blocks--;
  if (rows / blocks <= Math.max(ROWS, 8 * root)) return [blocks, x];
  const matrices = reshape(x, [count, rows, width]);
  const missing = root * Math.ceil(rows / root) - rows;
  return [
    root,
    pad(matrices, [
      [0, 0],
      [0, missing],
      [0, 0],
    ]),
  ];
}
