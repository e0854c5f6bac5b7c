import { slice, type Tensor2D } from '@tensorflow/tfjs-core';
import { matMulTransposedB } from '../../lib/kernels/matmul/matMul.ts';
import { disposeTensors, tidy } from '../../lib/memory.ts';
import type { ClassifierData } from './ridgeClassifier.ts';

/** The number of queries whose distances are computed at once. */
const QUERIES = 128;

/**
 * Counts the queries that the majority of their k nearest references assigns to another class, for
 * each k. The distance is Euclidean. Among classes with equally many neighbours, that of the
 * nearest one wins; among equally near references, the first.
 *
 * @returns the number of errors for each k.
 */
export async function neighbourErrors(
  references: ClassifierData,
  queries: ClassifierData,
  ks: readonly number[],
): Promise<number[]> {
  const known = await references.labels.data();
  const expected = await queries.labels.data();
  const norms = await squaredNorms(references.features);
  const most = Math.min(Math.max(...ks), known.length);
  const errors = ks.map(() => 0);
  const [count, features] = queries.features.shape;
  for (let first = 0; first < count; first += QUERIES) {
    const rows = Math.min(QUERIES, count - first);
    const products = tidy(() =>
      matMulTransposedB(slice(queries.features, [first, 0], [rows, features]), references.features),
    );
    const values = await products.data();
    disposeTensors(products);
    for (let n = 0; n < rows; n++) {
      // |x − y|² without |x|², which is the same for all references.
      const nearest = smallest(most, known.length, (r) => norms[r] - 2 * values[n * known.length + r]); // prettier-ignore
      const labels = nearest.map((r) => known[r]);
      ks.forEach((k, i) => (errors[i] += Number(majority(labels.slice(0, k)) !== expected[first + n]))); // prettier-ignore
    }
  }
  return errors;
}

/** Returns the indices of the smallest values, smallest first. */
function smallest(count: number, length: number, value: (index: number) => number): number[] {
  const best: number[] = [];
  const values: number[] = [];
  for (let i = 0; i < length; i++) {
    const own = value(i);
    if (best.length === count && !(own < values[count - 1])) continue;
    let at = best.length;
    while (at > 0 && own < values[at - 1]) at--;
    best.splice(at, 0, i);
    values.splice(at, 0, own);
    best.length = values.length = Math.min(best.length, count);
  }
  return best;
}

/** Returns the most frequent label; among equally frequent ones, the first. */
function majority(labels: readonly number[]): number {
  const counts = new Map<number, number>();
  for (const label of labels) counts.set(label, (counts.get(label) ?? 0) + 1);
  const most = Math.max(...counts.values());
  return labels.find((label) => counts.get(label) === most) ?? NaN;
}

async function squaredNorms(x: Tensor2D): Promise<Float64Array> {
  const [rows, columns] = x.shape;
  const values = await x.data();
  return Float64Array.from({ length: rows }, (_, n) => {
    let sum = 0;
    for (let j = n * columns; j < (n + 1) * columns; j++) sum += values[j] ** 2;
    return sum;
  });
}
