import { InputError, show } from '../lib/errors.ts';
import type { Rng } from '../lib/rng.ts';
import { datasetInfo, type Dataset } from './dataset.ts';

/** Some records of a dataset, in the order of `records`. Errors: no records, or one that is not there. */
export function subset(dataset: Dataset, records: ArrayLike<number>, name = dataset.name): Dataset {
  const chosen = Int32Array.from(records);
  if (chosen.length === 0) throw new InputError(`${name}: expected at least one record, got none`);
  const strange = chosen.find((record) => !(record >= 0 && record < dataset.length));
  if (strange !== undefined) {
    throw new InputError(
      `${name}: expected records from 0 to ${dataset.length - 1}, got ${strange}`,
    );
  }
  return {
    ...datasetInfo(dataset),
    name,
    length: chosen.length,
    batch: (indices, rng) =>
      dataset.batch(
        indices.map((index) => at(name, chosen, index)),
        rng,
      ),
  };
}

/**
 * A dataset in disjoint parts, drawn at random: part k has `shares[k]` of the records, rounded; the shares sum to 1.
 *
 * Errors: shares that are not above 0 or do not sum to 1; a part that would be empty.
 */
export function split(dataset: Dataset, shares: readonly number[], rng: Rng): Dataset[] {
  const sum = shares.reduce((total, share) => total + share, 0);
  if (!shares.every((share) => share > 0) || !(Math.abs(sum - 1) < 1e-9)) {
    throw new InputError(`split: expected shares above 0 that sum to 1, got ${show(shares)}`);
  }
  const order = rng.permutation(dataset.length);
  let end = 0;
  return shares.map((_, k) => {
    const start = Math.round(end * dataset.length);
    end = shares.slice(0, k + 1).reduce((total, share) => total + share, 0);
    return subset(dataset, order.slice(start, Math.round(end * dataset.length)));
  });
}

function at(name: string, chosen: Int32Array, index: number): number {
  if (index >= 0 && index < chosen.length) return chosen[index];
  throw new InputError(
    `${name}: batch: expected an index from 0 to ${chosen.length - 1}, got ${index}`,
  );
}
