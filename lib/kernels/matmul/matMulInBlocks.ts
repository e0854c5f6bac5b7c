import { matMul, tidy, type Tensor2D } from '@tensorflow/tfjs-core';
import { computeOnHost, sliceOnHost, type Values } from '../backends/host.ts';

/**
 * The largest number of terms that XNNPACK sums at a time. It adds them one after another in single
 * precision, so the relative error of a sum of n equal terms grows like n · 2⁻²⁵. The error is 0.05
 * % for this number of terms, and 1 % for 800,000 terms. A smaller number takes more time.
 */
export const MOST_TERMS = 2 ** 14;

/**
 * Returns the product a b on wasm. Long sums are divided into blocks, and the sums of the blocks
 * are added in double precision.
 *
 * Shapes: a [rows, inner]; b [inner, columns]; output [rows, columns].
 */
export function matMulInBlocks(a: Tensor2D, b: Tensor2D): Tensor2D {
  const [inner, columns] = b.shape;
  if (inner <= MOST_TERMS) return matMul(a, b);
  const rows = a.shape[0];
  const sums = new Float64Array(rows * columns);
  const blocks = Math.ceil(inner / MOST_TERMS);
  for (let k = 0; k < blocks; k++) {
    const [first, past] = [k, k + 1].map((at) => Math.floor((at * inner) / blocks));
    tidy(() => {
      const right = sliceOnHost(b, first * columns, [past - first, columns]) as Tensor2D;
      const terms = matMul(columnsOf(a, first, past), right).dataSync();
      for (let at = 0; at < sums.length; at++) sums[at] += terms[at];
    });
  }
  const fill = (product: Values) => product.set(sums);
  return computeOnHost([], [rows, columns], fill, { zeroed: false }) as Tensor2D;
}

/** Returns the columns first ... past − 1 of a matrix. */
function columnsOf(matrix: Tensor2D, first: number, past: number): Tensor2D {
  const [rows, columns] = matrix.shape;
  const width = past - first;
  const copy = (part: Values, all: Values) => {
    for (let row = 0; row < rows; row++) {
      const start = row * columns;
      part.set(all.subarray(start + first, start + past), row * width);
    }
  };
  return computeOnHost([matrix], [rows, width], copy, { zeroed: false }) as Tensor2D;
}
