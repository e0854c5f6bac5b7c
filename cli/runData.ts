import type { Dataset } from '../data/dataset.ts';
import { applyPreprocessing, parsePreprocessing } from '../data/preprocessingSteps.ts';
import { split, subset } from '../data/split.ts';
import { InputError } from '../lib/errors.ts';
import type { Rng } from '../lib/rng.ts';
import { openData } from './openData.ts';
import type { RunOptions } from './trainOptions.ts';
import { trainingDataMetadata } from './weightsFile.ts';

/** The data of a run as its network sees them, but for augmentation. */
export interface RunData {
  readonly train: Dataset;
  readonly validation?: Dataset;
  readonly test: Dataset;
  /** Metadata for the weights files: the shape and classes of the data, and its preprocessing. */
  readonly metadata: Readonly<Record<string, string>>;
}

/**
 * Opens the data of a run, holds out the validation examples and preprocesses all parts alike. Mean
 * and deviation are those of the training examples only.
 *
 * Errors: bad data; a limit above the number of examples; a split that leaves a part empty.
 */
export async function openRunData(options: RunOptions, rng: Rng): Promise<RunData> {
  const { data, shape, limit, validationSplit, preprocess = [] } = options;
  const opened = await openData(data, shape);
  const [train, validation] = parts(limited(opened.train, limit), validationSplit, rng);
  const preprocessing = await parsePreprocessing(preprocess, train);
  const preprocessed = (dataset: Dataset) => applyPreprocessing(dataset, preprocessing);
  return {
    train: preprocessed(train),
    test: preprocessed(opened.test),
    ...(validation && { validation: preprocessed(validation) }),
    metadata: {
      data: trainingDataMetadata(opened.train),
      ...(preprocessing.length > 0 && { preparation: JSON.stringify(preprocessing) }),
    },
  };
}

/** The first examples of a dataset. Errors: a limit above their number. */
export function limited(dataset: Dataset, limit = dataset.length): Dataset {
  if (limit > dataset.length) {
    throw new InputError(
      `--limit: expected at most the ${dataset.length} examples of ${dataset.name}, got ${limit}`,
    );
  }
  return subset(
    dataset,
    Array.from({ length: limit }, (_, index) => index),
  );
}

function parts(dataset: Dataset, fraction: number | undefined, rng: Rng): [Dataset, Dataset?] {
  if (fraction === undefined) return [dataset];
  const held = Math.round(fraction * dataset.length);
  if (held === 0 || held === dataset.length) {
    throw new InputError(
      `--validation-split: expected at least one example in each part, ` +
        `got ${fraction} of the ${dataset.length} examples of ${dataset.name}`,
    );
  }
  const [train, validation] = split(dataset, [1 - fraction, fraction], rng.fold(0));
  return [train, { ...validation, name: `${dataset.name}, validation` }];
}
