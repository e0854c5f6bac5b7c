import {
  getBackend,
  matMul,
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
import { scalar } from './constant.ts';
import { computeOnHost, onHost } from './host.ts';

/**
 * How the values of a tensor fall into sets that share a mean: seen as [outer, rows, groups, columns], the values of
 * one `outer` and one `group` are a set.
 */
export interface Sets {
  readonly outer: number;
  readonly rows: number;
  readonly groups: number;
  readonly columns: number;
}

/** The shape in which a tensor meets what `spread` gives. */
export function viewOf({ outer, rows, groups, columns }: Sets): [number, number, number] {
  return [outer, rows, groups * columns];
}

/** The values in a set. */
export function sizeOfSet({ rows, columns }: Sets): number {
  return rows * columns;
}

/** The sum of each set, [outer, 1, groups]. */
export function sumOver(x: Tensor, sets: Sets): Tensor3D {
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
      // Batches of short rows of ones: wasm's fastest sum of new data, and two short sums round less than one long.
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
export function meanOver(x: Tensor, sets: Sets): Tensor3D {
  return tidy(() => mul(sumOver(x, sets), scalar(1 / sizeOfSet(sets))));
}

/** The mean and the variance Σ (x − mean)²/size of each set: from what the mean leaves, for E[x²] − E[x]² cancels. */
export function momentsOver(x: Tensor, sets: Sets): { mean: Tensor3D; variance: Tensor3D } {
  return tidy(() => {
    const mean = meanOver(x, sets);
    const centered = sub(reshape(x, viewOf(sets)), spread(mean, sets));
    return { mean, variance: meanOver(square(centered), sets) };
  });
}

/** One number a set, [outer, 1, groups], in a shape that broadcasts to `viewOf(sets)`: each value meets its set's. */
export function spread(perSet: Tensor, sets: Sets): Tensor {
  const { outer, rows, groups, columns } = sets;
  // cpu is slow to broadcast anything but the last axes.
  if (inLoops() && outer > 1) {
    return computeOnHost([perSet], viewOf(sets), (spreads, values) => {
      forEachRun(sets, (set, at) => spreads.fill(values[set], at, at + columns));
    });
  }
  return tidy(() => {
    const whole = groups === 1 && rows === 1;
    const line =
      columns === 1 || whole
        ? perSet
        : mul(reshape(perSet, [outer, groups, 1]), ones([outer, groups, columns]));
    const width = whole ? 1 : groups * columns;
    return reshape(line, outer === 1 ? [width] : [outer, 1, width]);
  });
}

/** Where tfjs's own sums and broadcasts are slower than a plain loop, which adds in double precision for nothing. */
function inLoops(): boolean {
  return onHost() && getBackend() !== 'wasm';
}

/** Visits the `columns` values that lie side by side, from index `at`, of every set in turn. */
function forEachRun({ outer, rows, groups, columns }: Sets, visit: (set: number, at: number) => void): void {
  let at = 0;
  for (let o = 0; o < outer; o++) {
    for (let r = 0; r < rows; r++) {
      for (let g = 0; g < groups; g++, at += columns) visit(o * groups + g, at);
    }
  }
}

/** The sums of the columns of `count` matrices of shape [rows, width]. */
function sumRows(x: Tensor, count: number, rows: number, width: number): Tensor {
  return matMul(ones([count, 1, rows]), reshape(x, [count, rows, width]));
}

function divisorBelowRoot(n: number): number {
  let divisor = Math.floor(Math.sqrt(n));
  while (n % divisor !== 0) divisor--;
  return divisor;
}
