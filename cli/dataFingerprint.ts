import { createHash, type Hash } from 'node:crypto';
import type { Dataset } from '../data/dataset.ts';
import { hasTargets, type TargetDataset } from '../data/targets.ts';
import { disposeTensors } from '../lib/memory.ts';

/** The number of examples whose inputs are read. Reading all inputs may take minutes. */
const EXAMPLES = 16;

/**
 * Returns a hash of a dataset. It is computed from the number of examples, from the inputs and
 * labels of some evenly spaced examples, and from all labels if they are known without reading the
 * inputs. Changes of the other inputs do not change the hash.
 *
 * Errors: those of the dataset.
 */
export async function dataFingerprint(dataset: Dataset | TargetDataset): Promise<string> {
  const { length } = dataset;
  const count = Math.min(EXAMPLES, length);
  const indices = Int32Array.from({ length: count }, (_, i) => Math.floor((i * length) / count));
  const hash = createHash('sha256').update(`${length} `);
  if (hasTargets(dataset)) {
    const batch = await dataset.batch(indices);
    hash.update(Float32Array.from(await batch.input.data()));
    hash.update(Float32Array.from(await batch.target.data()));
    disposeTensors({ ...batch });
    return digest(hash);
  }
  const { labels } = dataset;
  const batch = await dataset.batch(indices);
  try {
    hash.update(Float32Array.from(await batch.input.data()));
    hash.update(Int32Array.from(await batch.labels.data()));
    if (labels !== undefined) hash.update(Int32Array.from(labels));
    return digest(hash);
  } finally {
    disposeTensors([batch.input, batch.labels]);
  }
}

function digest(hash: Hash): string {
  return hash.digest('hex').slice(0, 32);
}
