import { join } from 'node:path';
import { loadCsv, type CsvOptions } from '../data/csv.ts';
import type { ArrayDataset } from '../data/dataset.ts';
import { stratifiedSplit } from '../data/stratify.ts';
import { InputError, show } from '../lib/errors.ts';
import { Rng } from '../lib/rng.ts';
import type { OpenedData } from './openedData.ts';
import { openParts, partNames } from './partNames.ts';

/**
 * The seed with which a single file is split. No option changes it, because `evaluate` must be able
 * to repeat the split.
 */
export const SEED = 0;

/** The fractions of a single file's examples that are used for training and for testing. */
export const FRACTIONS = [0.8, 0.2] as const;

/**
 * Opens a folder with `train.csv`, `test.csv` and perhaps `val.csv`. If there is no `test.csv`, the
 * validation examples are used as test examples. In the other files, the columns are found by their
 * names in the training file. Other entries of the folder are skipped and reported.
 *
 * Errors: neither `test.csv` nor `val.csv`; those of `partNames` and `loadCsv`.
 * @param names the entries of the folder.
 */
export async function openCsvFolder(
  directory: string,
  names: readonly string[],
  options: CsvOptions,
): Promise<OpenedData> {
  const trainFile = join(directory, 'train.csv');
  const parts = partNames(directory, names, '.csv');
  if (parts.test === undefined && parts.validation === undefined) {
    throw new InputError(
      `--data: expected ${show(join(directory, 'test.csv'))} beside train.csv, found none: ` +
        `--data ${trainFile} splits that file into training and test examples`,
    );
  }
  const train = await loadCsv(trainFile, options);
  return openParts(train, parts, { directory, lacking: 'test.csv' }, (name) =>
    loadCsv(join(directory, name), { ...options, ...likeTraining(train) }),
  );
}

/**
 * Opens one file, and holds out a fifth of the examples of each class for testing. They are chosen
 * at random, but are always the same.
 *
 * Errors: fewer than three examples; those of `loadCsv`.
 */
export async function openCsvFile(file: string, options: CsvOptions): Promise<OpenedData> {
  const whole = await loadCsv(file, options);
  if (whole.length < 3) {
    throw new InputError(
      `${file}: expected three examples or more, to train on and to test, got ${whole.length}`,
    );
  }
  const [train, test] = await stratifiedSplit(whole, FRACTIONS, new Rng(SEED));
  const note = singleFileNote(file, test.length, whole.length, 'a fifth of each class');
  return {
    train,
    test: { ...test, name: `${file}, test examples` },
    notes: [note, ...(whole.notes ?? [])],
  };
}

/** Returns a note about the test examples of a single file. */
export function singleFileNote(file: string, held: number, all: number, share: string): string {
  return (
    `${file} is one file: ${held} of its ${all} examples, ${share}, drawn with seed ${SEED}, ` +
    'are the test examples; a folder with train.csv and test.csv has a split of your own'
  );
}

/** Returns options with which another file is read in the same way as the training file. */
function likeTraining({ inputShape, classNames, columns }: ArrayDataset): CsvOptions {
  return { inputShape, ...(classNames && { classNames }), ...(columns && { columns }) };
}
