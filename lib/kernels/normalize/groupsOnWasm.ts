import { engine, mul, reshape, type Tensor } from '@tensorflow/tfjs-core';
import { scalar } from '../../constant.ts';
import { MAX_AVGPOOL_CHANNELS } from '../pool/avgPool2d.ts';
import type { GroupKernels, ReductionGroups } from './groupKernels.ts';
import { spread } from './groupsInLoops.ts';
import { sumInBlocks, sumRows as sumRowsByProduct, type SumRows } from './groupsTfjs.ts';

/** Sums of groups on wasm. */
export const wasm: GroupKernels = {
  rowsPerLine,

  sum: (x, grouping) => sumInBlocks(x, grouping, sumRows),

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
 * wasm broadcasts one line at a time, so a line consists of several short rows: 32768 rows of 16
 * values take a third of the time.
 */
function rowsPerLine({ rows, groups, columns }: ReductionGroups): number {
  let lineRows = Math.max(Math.min(Math.floor(512 / (groups * columns)), rows), 1);
  while (rows % lineRows !== 0) lineRows--;
  return lineRows;
}

/** An average pool over the full height is wasm's fastest column sum. */
const sumRows: SumRows = (x, count, rows, width) => {
  if (width > MAX_AVGPOOL_CHANNELS) return sumRowsByProduct(x, count, rows, width);
  const window = { filterSize: [rows, 1], strides: [rows, 1], pad: 'valid' };
  const images = reshape(x, [count, rows, 1, width]);
  return mul(engine().runKernel<Tensor>('AvgPool', { x: images }, window), scalar(rows));
};
