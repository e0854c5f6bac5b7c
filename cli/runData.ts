import type { Dataset } from '../data/dataset.ts';
import { prepared, preparationsOf } from '../data/preparation.ts';
import { split, subset } from '../data/split.ts';
import { InputError } from '../lib/errors.ts';
import type { Rng } from '../lib/rng.ts';
import { openData } from './openData.ts';
import type { RunOptions } from './runOptions.ts';
import { trainedOnMetadata } from './weightsFile.ts';

/** The data of a run as its network sees them, but for augmentation. */
export interface RunData {
  readonly train: Dataset;
  readonly validation?: Dataset;
  readonly test: Dataset;
  /** For the weights files: what the inputs were, and how they were prepared. */
  readonly metadata: Readonly<Record<string, string>>;
}

/**
 * Opens the data of a run, keeps the validation records back and prepares all alike, with what the training records
 * alone say of mean and deviation.
 */
export async function openRunData(options: RunOptions, rng: Rng): Promise<RunData> {
  const { data, shape, limit, validation: share, prepare = [] } = options;
  const opened = await openData(data, shape);
  const [train, validation] = parts(limited(opened.train, limit), share, rng);
  const preparations = await preparationsOf(prepare, train);
  const see = (dataset: Dataset) => prepared(dataset, preparations);
  return {
    train: see(train),
    test: see(opened.test),
    ...(validation && { validation: see(validation) }),
    metadata: {
      data: trainedOnMetadata(opened.train),
      ...(preparations.length > 0 && { preparation: JSON.stringify(preparations) }),
    },
  };
}

/** Its first records. */
export function limited(dataset: Dataset, limit = dataset.length): Dataset {
  if (limit > dataset.length) {
    throw new InputError(
      `--limit: expected at most the ${dataset.length} records of ${dataset.name}, got ${limit}`,
    );
  }
  return subset(
    dataset,
    Array.from({ length: limit }, (_, record) => record),
  );
}

function parts(dataset: Dataset, share: number | undefined, rng: Rng): [Dataset, Dataset?] {
  if (share === undefined) return [dataset];
  const held = Math.round(share * dataset.length);
  if (held === 0 || held === dataset.length) {
    const got = `${share} of the ${dataset.length} records of ${dataset.name}`;
    throw new InputError(`--validation: expected at least one record for each part, got ${got}`);
  }
  const [train, validation] = split(dataset, [1 - share, share], rng.fold(0));
  return [train, { ...validation, name: `${dataset.name}, validation` }];
}
