import { InputError, show } from '../lib/errors.ts';
import { disposeTensors } from '../lib/memory.ts';
import type { Rng } from '../lib/rng.ts';
import { batches } from './batches.ts';
import type { Dataset } from './dataset.ts';
import { subset } from './split.ts';

/**
 * A dataset in `count` disjoint parts of a size within one record of each other, each with its share of every class to
 * within one record: the folds of a cross-validation.
 *
 * Errors: a count that is no integer from 2 to the number of records.
 */
export async function folds(dataset: Dataset, count: number, rng: Rng): Promise<Dataset[]> {
  return (await foldIndices(dataset, count, rng)).map((records) => subset(dataset, records));
}

/** The records of each of the `folds`. */
export async function foldIndices(dataset: Dataset, count: number, rng: Rng): Promise<number[][]> {
  if (!Number.isSafeInteger(count) || count < 2 || count > dataset.length) {
    throw new InputError(
      `folds: expected an integer from 2 to the ${dataset.length} records, got ${show(count)}`,
    );
  }
  const order = await byClass(dataset, rng);
  return Array.from({ length: count }, (_, k) => order.filter((_, i) => i % count === k));
}

/**
 * As `split`, with the same shares of each class in every part, to within one record.
 *
 * Errors: shares that are not above 0 or do not sum to 1; a part that would be empty.
 */
export async function stratifiedSplit(
  dataset: Dataset,
  shares: readonly number[],
  rng: Rng,
): Promise<Dataset[]> {
  const sum = shares.reduce((total, share) => total + share, 0);
  if (!shares.every((share) => share > 0) || !(Math.abs(sum - 1) < 1e-9)) {
    throw new InputError(
      `stratifiedSplit: expected shares above 0 that sum to 1, got ${show(shares)}`,
    );
  }
  const order = await byClass(dataset, rng);
  const parts = shares.map((): number[] => []);
  for (let i = 0; i < order.length; i++) {
    // To the part that is furthest behind its share of the records so far.
    const behind = parts.map((part, k) => (i + 1) * shares[k] - part.length);
    parts[behind.indexOf(Math.max(...behind))].push(order[i]);
  }
  return parts.map((part) => subset(dataset, part));
}

/** All records in random order, class after class. */
async function byClass(dataset: Dataset, rng: Rng): Promise<number[]> {
  const records: number[][] = Array.from({ length: dataset.classes }, () => []);
  const labels: number[] = [];
  for (const indices of batches(dataset.length, 1000)) {
    const batch = await dataset.batch(indices);
    labels.push(...(await batch.labels.data()));
    disposeTensors(batch);
  }
  for (const record of rng.permutation(dataset.length)) records[labels[record]].push(record);
  return records.flat();
}
