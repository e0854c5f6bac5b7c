import { engine, reshape, sum, tidy, type Tensor, type Tensor3D } from '@tensorflow/tfjs-core';
import { computeOnHost } from '../backends/host.ts';
import { MAX_AVGPOOL_CHANNELS } from '../pool/poolAttributes.ts';
import type { GroupKernels, ReductionGroups } from './groupKernels.ts';
import { addRows, spread, sumInLoops } from './groupsInLoops.ts';

/** Sums over groups on wasm. */
export const wasm: GroupKernels = {
  rowsPerLine,

  sum(x, grouping) {
    if (grouping.rows === 1) return sumOfRuns(x, grouping);
    return sumOfRows(x, grouping);
  },

  broadcast(perGroup, grouping) {
    const { outer, rows, groups, columns } = grouping;
    if (groups === 1 && rows === 1) return reshape(perGroup, outer === 1 ? [1] : [outer, 1, 1]);
    const lineRows = rowsPerLine(grouping);
    const width = lineRows * groups * columns;
    const shape = outer === 1 ? [width] : [outer, 1, width];
    return spread(perGroup, { ...grouping, rows: lineRows }, shape);
  },
};

/**
 * Returns the number of rows per line. wasm broadcasts one line at a time, so several short rows
 * are joined to a line. For 32768 rows of 16 values, this takes a third of the time.
 */
function rowsPerLine({ rows, groups, columns }: ReductionGroups): number {
  let lineRows = Math.max(Math.min(Math.floor(512 / (groups * columns)), rows), 1);
  while (rows % lineRows !== 0) lineRows--;
  return lineRows;
}

/**
 * The largest number of values that are passed to one sum of tfjs, which adds in single precision.
 */
const RUN = 128;

/**
 * Sums short runs with tfjs's sum, which takes a third of the time of a loop. The results are then
 * added in a loop.
 */
function sumOfRuns(x: Tensor, grouping: ReductionGroups): Tensor3D {
  const { outer, groups, columns } = grouping;
  const run = largestDivisor(columns, RUN);
  // If the number has no suitable divisor, the loop adds everything.
  if (run < Math.min(columns, 16)) return sumInLoops(x, grouping);
  return tidy(() => {
    const sums = sum(reshape(x, [x.size / run, run]), 1);
    if (run === columns) return reshape(sums, [outer, 1, groups]);
    return sumInLoops(sums, { ...grouping, columns: columns / run });
  });
}

/** Returns the largest divisor of n that does not exceed `most`. */
function largestDivisor(n: number, most: number): number {
  let divisor = Math.min(n, most);
  while (n % divisor !== 0) divisor--;
  return divisor;
}

/**
 * Below this number of values, the loop is faster than the average pool, which takes time to start.
 */
const SMALL = 1 << 13;

/**
 * The largest number of rows that the pool adds at once, because it adds in single precision. The
 * pool first adds nine rows and then eight at a time, so 65 rows take eight full steps, and each
 * value is rounded only a few times.
 */
const BLOCK = 9 + 7 * 8;

/**
 * Sums rows by an average pool over blocks of rows, which is wasm's fastest column sum and takes a
 * third of the time of a loop. A loop then adds the blocks and the remaining rows in double
 * precision. The pool returns −∞ for NaN, so if it returns −∞, the loop adds everything again.
 *
 * The pool gives −∞ for NaN. If it gives −∞, the loop adds everything again.
 */
function sumOfRows(x: Tensor, grouping: ReductionGroups): Tensor3D {
  const { outer, rows, groups, columns } = grouping;
  const width = groups * columns;
  if (rows < 8 || x.size < SMALL || width > MAX_AVGPOOL_CHANNELS) return sumInLoops(x, grouping);
  const block = Math.floor(rows / Math.ceil(rows / BLOCK));
  const blocks = Math.floor(rows / block);
  return tidy(() => {
    const window = { filterSize: [block, 1], strides: [block, 1], pad: 'valid' };
    const images = reshape(x, [outer, rows, 1, width]);
    const means = engine().runKernel<Tensor>('AvgPool', { x: images }, window);
    return computeOnHost([x, means], [outer, 1, groups], (sums, values, ofBlocks) => {
      const totals = new Float64Array(outer * groups);
      if (ofBlocks.includes(-Infinity)) {
        addRows(totals, values, grouping);
      } else {
        addRows(totals, ofBlocks, { ...grouping, rows: blocks });
        totals.forEach((total, i) => (totals[i] = total * block));
        addRows(totals, values, grouping, blocks * block);
      }
      sums.set(totals);
    }) as Tensor3D;
  });
}
