import {
  engine,
  getBackend,
  mul,
  ones,
  reshape,
  square,
  sub,
  sum,
  tidy,
  type Tensor,
  type Tensor3D,
} from '@tensorflow/tfjs-core';
import { scalar } from '../../constant.ts';
import { multiplyEach } from '../matmul/matMul.ts';
import { computeOnHost, onHost } from '../backends/host.ts';
import { MAX_AVGPOOL_CHANNELS } from '../pool/maxAvgPoolChannels.ts';

/**
 * How the values of a tensor fall into sets that share a mean: seen as [outer, rows, groups, columns], the values of
 * one `outer` and one `group` are a set.
 */
export interface ReductionGroups {
  readonly outer: number;
  readonly rows: number;
  readonly groups: number;
  readonly columns: number;
}

/** The shape in which a tensor meets what `spread` gives. */
export function viewOf(sets: ReductionGroups): [number, number, number] {
  const lines = linesAtOnce(sets);
  return [sets.outer, sets.rows / lines, lines * sets.groups * sets.columns];
}

/**
 * How many rows make one of the view. On wasm, which meets broadcast numbers a run at a time, short rows are taken
 * together: 32768 rows of 16 numbers in a third of the time.
 */
function linesAtOnce({ rows, groups, columns }: ReductionGroups): number {
  if (getBackend() !== 'wasm') return 1;
  let lines = Math.max(Math.min(Math.floor(512 / (groups * columns)), rows), 1);
  while (rows % lines !== 0) lines--;
  return lines;
}

/** The values in a set. */
export function groupSize({ rows, columns }: ReductionGroups): number {
  return rows * columns;
}

/** The sum of each set, [outer, 1, groups]. */
export function sumOver(x: Tensor, sets: ReductionGroups): Tensor3D {
  const { outer, rows, groups, columns } = sets;
  const shape: [number, number, number] = [outer, 1, groups];
  if (inLoops()) {
    return computeOnHost([x], shape, (sums, values) => {
      const totals = new Float64Array(outer * groups);
      forEachRun(sets, (set, at) => {
        let total = 0;
        for (let end = at + columns; at < end; at++) total += values[at];
        totals[set] += total;
      });
      sums.set(totals);
    }) as Tensor3D;
  }
  return tidy(() => {
    let sums = x;
    if (rows > 1) {
      // Two short sums round less than one long.
      const blocks = divisorBelowRoot(rows);
      const first = sumRows(sums, outer * blocks, rows / blocks, groups * columns);
      sums = sumRows(first, outer, blocks, groups * columns);
    }
    if (columns > 1) {
      const blocks = divisorBelowRoot(columns);
      sums = sum(sum(reshape(sums, [outer * groups, blocks, columns / blocks]), 2), 1);
    }
    return reshape(sums, shape);
  });
}

/** The mean of each set, [outer, 1, groups]. */
export function meanOver(x: Tensor, sets: ReductionGroups): Tensor3D {
  return tidy(() => mul(sumOver(x, sets), scalar(1 / groupSize(sets))));
}

/**
 * The mean and the variance Σ (x − mean)²/size of each set, and x − mean, in the view: from that, for E[x²] − E[x]²
 * cancels.
 */
export function momentsOver(
  x: Tensor,
  sets: ReductionGroups,
): { mean: Tensor3D; variance: Tensor3D; centered: Tensor } {
  return tidy(() => {
    const mean = meanOver(x, sets);
    const centered = sub(reshape(x, viewOf(sets)), broadcastGroups(mean, sets));
    return { mean, variance: meanOver(square(centered), sets), centered };
  });
}

/** One number a set, [outer, 1, groups], in a shape that broadcasts to `viewOf(sets)`: each value meets its set's. */
export function broadcastGroups(perSet: Tensor, sets: ReductionGroups): Tensor {
  const { outer, rows, groups, columns } = sets;
  // cpu is slow to broadcast anything but the last axes.
  if (inLoops() && outer > 1) {
    return computeOnHost([perSet], viewOf(sets), (spreads, values) => {
      forEachRun(sets, (set, at) => spreads.fill(values[set], at, at + columns));
    });
  }
  if (groups === 1 && rows === 1) return reshape(perSet, outer === 1 ? [1] : [outer, 1, 1]);
  const lines = linesAtOnce(sets);
  const width = groups * columns;
  const shape = outer === 1 ? [lines * width] : [outer, 1, lines * width];
  if (onHost()) {
    return computeOnHost([perSet], shape, (spreads, values) => {
      forEachRun({ ...sets, rows: lines }, (set, at) =>
        spreads.fill(values[set], at, at + columns),
      );
    });
  }
  return tidy(() => {
    if (columns === 1) return reshape(perSet, shape);
    return reshape(mul(reshape(perSet, [outer, groups, 1]), ones([outer, groups, columns])), shape);
  });
}

/** Where tfjs's own sums and broadcasts are slower than a plain loop, which adds in double precision for nothing. */
function inLoops(): boolean {
  return onHost() && getBackend() !== 'wasm';
}

/** Visits the `columns` values that lie side by side, from index `at`, of every set in turn. */
function forEachRun(
  { outer, rows, groups, columns }: ReductionGroups,
  visit: (set: number, at: number) => void,
): void {
  let at = 0;
  for (let o = 0; o < outer; o++) {
    for (let r = 0; r < rows; r++) {
      for (let g = 0; g < groups; g++, at += columns) visit(o * groups + g, at);
    }
  }
}

/** The sums of the columns of `count` matrices of shape [rows, width]. */
function sumRows(x: Tensor, count: number, rows: number, width: number): Tensor {
  if (getBackend() !== 'wasm' || width > MAX_AVGPOOL_CHANNELS)
    return multiplyEach(ones([count, 1, rows]), reshape(x, [count, rows, width]));
  // The average of a window as high as the matrix: its fastest sum.
  const window = { filterSize: [rows, 1], strides: [rows, 1], pad: 'valid' };
  const means = engine().runKernel<Tensor>(
    'AvgPool',
    { x: reshape(x, [count, rows, 1, width]) },
    window,
  );
  return mul(means, scalar(rows));
}

function divisorBelowRoot(n: number): number {
  let divisor = Math.floor(Math.sqrt(n));
  while (n % divisor !== 0) divisor--;
  return divisor;
}
