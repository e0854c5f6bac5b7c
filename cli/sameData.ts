import { InputError } from '../lib/errors.ts';
import { readWeightsHeader } from '../models/loadTrainedNetwork.ts';

/**
 * The metadata entries of a checkpoint that describe the training data. If an entry differs when a
 * run is resumed, the error names it by the words on the right.
 */
export const ENTRIES = {
  data: 'shape or classes',
  table: 'columns',
  targets: 'targets',
  preparation: 'means and deviations',
  fingerprint: 'examples or labels',
} as const;

/**
 * Checks that a run is resumed with the data that it began with.
 *
 * Errors: data that differs in its shape, classes, columns or fingerprint, or, if it is
 *         standardized, in its statistics.
 * @param checkpoint the file of the run's checkpoint.
 * @param metadata the entries for the data in its current state.
 */
export async function checkSameData(
  checkpoint: string,
  metadata: Readonly<Record<string, string>>,
): Promise<void> {
  const { metadata: stored } = await readWeightsHeader(checkpoint);
  for (const [entry, what] of Object.entries(ENTRIES)) {
    const began = stored.get(entry);
    // Checkpoints of earlier versions do not have all of these entries.
    if (began === undefined || began === metadata[entry]) continue;
    throw new InputError(
      `--resume: expected the data that the run began with, got data with other ${what}; ` +
        `a new run can be trained on them`,
    );
  }
}
