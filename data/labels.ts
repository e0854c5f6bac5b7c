import { disposeTensors } from '../lib/memory.ts';
import { batches } from './batches.ts';
import type { Dataset } from './dataset.ts';

/**
 * Returns the labels of the examples at `indices` (by default all), in that order. The inputs are
 * read only if the dataset does not provide its labels without them.
 */
export async function labelsOf(
  dataset: Dataset,
  indices: Int32Array = Int32Array.from({ length: dataset.length }, (_, index) => index),
): Promise<Int32Array> {
  const { labels } = dataset;
  if (labels !== undefined) return indices.map((index) => labels[index]);
  const found = new Int32Array(indices.length);
  let end = 0;
  for (const places of batches(indices.length, 250)) {
    const batch = await dataset.batch(places.map((place) => indices[place]));
    found.set(await batch.labels.data(), end);
    end += places.length;
    disposeTensors(batch);
  }
  return found;
}

/** Returns the number of examples of each class. */
export function countClasses(labels: ArrayLike<number>, classes: number): number[] {
  const counts = new Array<number>(classes).fill(0);
  for (let i = 0; i < labels.length; i++) counts[labels[i]]++;
  return counts;
}
