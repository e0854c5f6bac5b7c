import type { Dataset } from '../data/dataset.ts';
import { applyPreprocessing, parsePreprocessing } from '../data/preprocessingSteps.ts';
import { subset } from '../data/split.ts';
import { stratifiedSplit } from '../data/stratify.ts';
import { InputError } from '../lib/errors.ts';
import { Rng } from '../lib/rng.ts';
import { requireClasses } from './describeData.ts';
import { dataFingerprint } from './dataFingerprint.ts';
import { openData, type DataOptions } from './openData.ts';
import { reportNotes, type OpenedData } from './openedData.ts';
import type { RunOptions } from './trainOptions.ts';
import { tableMetadata, type TrainingTable } from './trainingTable.ts';
import { trainingDataMetadata } from './weightsFile.ts';

/** The data of a run in the form that the network receives, before augmentation. */
export interface RunData {
  readonly train: Dataset;
  readonly validation?: Dataset;
  readonly test: Dataset;
  /**
   * Which examples the run is tested on. If the data has no test examples, the validation examples
   * are used.
   */
  readonly testedOn: 'test' | 'validation';
  /**
   * Metadata for the weights files: the shape, the classes and a hash of the data, and the
   * preprocessing.
   */
  readonly metadata: Readonly<Record<string, string>>;
}

/**
 * Opens the data of a run, holds out the validation examples, and preprocesses all parts in the
 * same way. The mean and standard deviation are computed from the training examples only.
 *
 * Errors: invalid data; a limit above the number of examples; a split that leaves a part empty.
 */
export async function openRunData(options: RunOptions, rng: Rng): Promise<RunData> {
  const { preprocess = [] } = options;
  const opened = await openData(options);
  reportNotes(opened);
  const { train, validation, test, testedOn } = await divide(opened, options, rng);
  requireClasses(train);
  const preprocessing = await parsePreprocessing(preprocess, train);
  const preprocessed = (dataset: Dataset) => applyPreprocessing(dataset, preprocessing);
  return {
    train: preprocessed(train),
    test: preprocessed(test),
    testedOn,
    ...(validation && { validation: preprocessed(validation) }),
    metadata: {
      data: trainingDataMetadata(opened.train),
      fingerprint: await dataFingerprint(opened.train),
      ...tableMetadata(opened.train, options),
      ...(preprocessing.length > 0 && { preparation: JSON.stringify(preprocessing) }),
    },
  };
}

/**
 * Returns the first `limit` examples of a dataset. Throws if `limit` exceeds the number of
 * examples.
 */
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

/** The examples of a run, divided by their use, before preprocessing. */
type Parts = Pick<RunData, 'train' | 'validation' | 'test' | 'testedOn'>;

/**
 * Divides the data into training, validation and test examples. The validation examples are those
 * that `--validation-split` holds out, or those that the data already has.
 */
async function divide(opened: OpenedData, options: RunOptions, rng: Rng): Promise<Parts> {
  const { limit, validationSplit, patience } = options;
  const whole = limited(opened.train, limit);
  const [train, split] = await parts(whole, validationSplit, rng);
  if (split !== undefined && opened.validation !== undefined) {
    throw new InputError(
      `--validation-split: expected data without validation examples, got ${opened.validation.name}`,
    );
  }
  const validation = split ?? opened.validation;
  if (patience !== undefined && validation === undefined) {
    throw new InputError(
      '--patience: expected --validation-split with it, whose error it watches, got none',
    );
  }
  if (opened.test !== opened.train) {
    return { train, ...(validation && { validation }), test: opened.test, testedOn: 'test' };
  }
  if (validation === undefined) {
    throw new InputError(
      `--data: expected test examples beside ${opened.train.name}, got none: ` +
        `--validation-split 0.2 holds out a fifth of the examples`,
    );
  }
  return { train, validation, test: validation, testedOn: 'validation' };
}

/**
 * Opens the examples on which a run is trained and tested, without preprocessing. Errors: those of
 * `openRunData`.
 *
 * @param training the columns on which the run was trained, if it was trained on a CSV file.
 */
export async function openRunParts(
  options: RunOptions & Pick<DataOptions, 'imageShape'>,
  training?: TrainingTable,
): Promise<Pick<RunData, 'train' | 'test'>> {
  const opened = await openData(options, training);
  return divide(opened, options, new Rng(options.seed));
}

/**
 * Opens the examples on which a run is tested, without preprocessing. Errors: those of
 * `openRunData`.
 *
 * @param training the columns on which the run was trained, if it was trained on a CSV file.
 */
export async function openTestExamples(
  options: RunOptions,
  training?: TrainingTable,
): Promise<Dataset> {
  return (await openRunParts(options, training)).test;
}

async function parts(
  dataset: Dataset,
  fraction: number | undefined,
  rng: Rng,
): Promise<[Dataset, Dataset?]> {
  if (fraction === undefined) return [dataset];
  const held = Math.round(fraction * dataset.length);
  if (held === 0 || held === dataset.length) {
    throw new InputError(
      `--validation-split: expected at least one example in each part, ` +
        `got ${fraction} of the ${dataset.length} examples of ${dataset.name}`,
    );
  }
  // Each class is split in the same proportion. Otherwise a class might have no validation
  // examples, and would not be validated at all.
  const [train, validation] = await stratifiedSplit(dataset, [1 - fraction, fraction], rng.fold(0));
  return [train, { ...validation, name: `${dataset.name}, validation` }];
}
