import { checkOptions } from '../lib/check.ts';
import { InputError, show } from '../lib/errors.ts';
import type { Rng } from '../lib/rng.ts';
import { datasetInfo, type Dataset } from './dataset.ts';
import { hasTargets, type TargetDataset } from './targets.ts';

/** The options of `subset`. */
export interface SubsetOptions {
  /** The name of the subset, for messages; by default the name of the dataset. */
  readonly name?: string;
}

/**
 * Makes a dataset of the examples at `indices`, in that order.
 *
 * Errors: no indices; an index that is not that of an example.
 *
 *     const first = subset(train, [0, 1, 2]);
 *     first.length; // 3
 */
export function subset(
  dataset: TargetDataset,
  indices: ArrayLike<number>,
  options?: SubsetOptions,
): TargetDataset;
export function subset(
  dataset: Dataset,
  indices: ArrayLike<number>,
  options?: SubsetOptions,
): Dataset;
export function subset(
  dataset: Dataset | TargetDataset,
  indices: ArrayLike<number>,
  options: SubsetOptions = {},
): Dataset | TargetDataset {
  checkOptions('subset', options, ['name']);
  const { name = dataset.name } = options;
  const given = Array.from(indices);
  if (given.length === 0) throw new InputError(`${name}: expected at least one example, got none`);
  // This check precedes the conversion to a typed array, which would convert NaN to 0 and 1.5 to 1.
  const unknown = given.findIndex(
    (index) => !(Number.isInteger(index) && index >= 0 && index < dataset.length),
  );
  if (unknown >= 0) {
    throw new InputError(
      `${name}: expected examples from 0 to ${dataset.length - 1}, got ${show(given[unknown])}`,
    );
  }
  const chosen = Int32Array.from(given);
  const at = (given: Int32Array) => given.map((index) => indexAt(name, chosen, index));
  const { length } = chosen;
  if (hasTargets(dataset)) {
    const { inputShape, target } = dataset;
    const batch: TargetDataset['batch'] = (given, rng, share) =>
      dataset.batch(at(given), rng, share);
    return { name, length, inputShape, target, batch };
  }
  const { labels } = dataset;
  return {
    ...datasetInfo(dataset),
    name,
    length,
    ...(labels && { labels: chosen.map((index) => labels[index]) }),
    batch: (given, rng, share) => dataset.batch(at(given), rng, share),
  };
}

/**
 * Splits a dataset at random into disjoint parts: part k has the fraction `fractions[k]` of the
 * examples, rounded.
 *
 * Errors: fractions that are not above 0 or do not sum to 1; a part that would be empty.
 *
 *     const [rest, validation] = split(train, [0.9, 0.1], rng);
 *     validation.length; // 6000 for MNIST
 */
export function split(
  dataset: TargetDataset,
  fractions: readonly number[],
  rng: Rng,
): TargetDataset[];
export function split(dataset: Dataset, fractions: readonly number[], rng: Rng): Dataset[];
export function split(
  dataset: Dataset | TargetDataset,
  fractions: readonly number[],
  rng: Rng,
): (Dataset | TargetDataset)[] {
  checkFractions('split', fractions);
  const order = rng.permutation(dataset.length);
  let end = 0;
  return fractions.map((_, k) => {
    const start = Math.round(end * dataset.length);
    end = sum(fractions.slice(0, k + 1));
    const part = order.slice(start, Math.round(end * dataset.length));
    return hasTargets(dataset) ? subset(dataset, part) : subset(dataset, part);
  });
}

/** Throws if the fractions are not above 0 or do not sum to 1. */
export function checkFractions(caller: string, fractions: readonly number[]): void {
  if (fractions.every((fraction) => fraction > 0) && Math.abs(sum(fractions) - 1) < 1e-9) return;
  throw new InputError(
    `${caller}: expected fractions above 0 that sum to 1, got ${show(fractions)}`,
  );
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function indexAt(name: string, chosen: Int32Array, index: number): number {
  if (index >= 0 && index < chosen.length) return chosen[index];
  throw new InputError(
    `${name}: batch: expected an index from 0 to ${chosen.length - 1}, got ${index}`,
  );
}
