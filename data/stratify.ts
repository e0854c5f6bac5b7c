import { InputError, show } from '../lib/errors.ts';
import type { Rng } from '../lib/rng.ts';
import type { Dataset } from './dataset.ts';
import { labelsOf } from './labels.ts';
import { checkFractions, subset } from './split.ts';

/**
 * Splits a dataset at random into `count` disjoint parts, the folds of a cross-validation. The
 * sizes of the parts differ by at most one example, and so do their numbers of examples of each
 * class.
 *
 * Errors: a count that is not an integer from 2 to the number of examples.
 *
 *     const parts = await folds(train, 5, rng);
 *     parts[0].length; // 12,000 for MNIST
 */
export async function folds(dataset: Dataset, count: number, rng: Rng): Promise<Dataset[]> {
  return (await foldIndices(dataset, count, rng)).map((indices) => subset(dataset, indices));
}

/**
 * Returns the indices of the examples in each part that `folds` makes. Errors: those of `folds`.
 */
export async function foldIndices(dataset: Dataset, count: number, rng: Rng): Promise<number[][]> {
  if (!Number.isSafeInteger(count) || count < 2 || count > dataset.length) {
    throw new InputError(
      `folds: expected an integer from 2 to the ${dataset.length} examples, got ${show(count)}`,
    );
  }
  const order = await orderByClass(dataset, rng);
  return Array.from({ length: count }, (_, k) => order.filter((_, i) => i % count === k));
}

/**
 * Splits a dataset as `split` does, but splits each class in the same fractions, up to one example.
 *
 * Errors: those of `split`.
 *
 *     const [rest, validation] = await stratifiedSplit(train, [0.9, 0.1], rng);
 *     validation.length; // 6000 for MNIST
 */
export async function stratifiedSplit(
  dataset: Dataset,
  fractions: readonly number[],
  rng: Rng,
): Promise<Dataset[]> {
  checkFractions('stratifiedSplit', fractions);
  const order = await orderByClass(dataset, rng);
  const parts = fractions.map((): number[] => []);
  for (let i = 0; i < order.length; i++) {
    // The example is added to the part whose size is furthest below its fraction of the examples so
    // far.
    const behind = parts.map((part, k) => (i + 1) * fractions[k] - part.length);
    parts[behind.indexOf(Math.max(...behind))].push(order[i]);
  }
  return parts.map((part) => subset(dataset, part));
}

/** Returns the indices of all examples class by class, in random order within each class. */
async function orderByClass(dataset: Dataset, rng: Rng): Promise<number[]> {
  const byClass: number[][] = Array.from({ length: dataset.classes }, () => []);
  const labels = await labelsOf(dataset);
  for (const index of rng.permutation(dataset.length)) byClass[labels[index]].push(index);
  return byClass.flat();
}
