import type { Dataset } from '../data/dataset.ts';
import { parseResize } from '../data/preprocessingSteps.ts';
import { subset } from '../data/split.ts';
import { hasTargets, type TargetDataset } from '../data/targets.ts';
import { InputError } from '../lib/errors.ts';
import type { Rng } from '../lib/rng.ts';
import type { TrainingData } from '../train/trainer.ts';
import type { OpenedData } from './openedData.ts';
import type { Targets } from './targets.ts';
import type { RunOptions } from './trainOptions.ts';

/** The facts about data that a network is built for. */
export type DataEnds = Pick<Dataset, 'inputShape' | 'classes' | 'classNames' | 'columns'>;

/** The data of a run in the form that the network receives, before augmentation. */
export interface RunData<D extends TrainingData = TrainingData> extends Parts<D> {
  /** The facts that a network is built for. `classes` is the number of its outputs. */
  readonly ends: DataEnds;
  /** The targets, unless each example has one label. */
  readonly targets?: Targets;
  /** Describes the data, one line per part. */
  readonly lines: () => string[];
  /**
   * Metadata for the weights files: the shape, the classes and a hash of the data, and the
   * preprocessing.
   */
  readonly metadata: Readonly<Record<string, string>>;
}

/** Returns how a run resizes images in folders, if its options say it. */
export function resizeFor({ preprocess = [] }: Pick<RunOptions, 'preprocess'>) {
  return parseResize(preprocess);
}

/**
 * Returns the first `limit` examples of a dataset. Throws if `limit` exceeds the number of
 * examples.
 */
export function limited(dataset: TargetDataset, limit?: number): TargetDataset;
export function limited(dataset: Dataset, limit?: number): Dataset;
export function limited(
  dataset: TrainingData,
  limit: number = dataset.length,
): Dataset | TargetDataset {
  if (limit > dataset.length) {
    throw new InputError(
      `--limit: expected at most the ${dataset.length} examples of ${dataset.name}, got ${limit}`,
    );
  }
  const first = Array.from({ length: limit }, (_, index) => index);
  return hasTargets(dataset) ? subset(dataset, first) : subset(dataset, first);
}

/** The examples of a run, divided by their use, before preprocessing. */
export interface Parts<D extends TrainingData> {
  readonly train: D;
  readonly validation?: D;
  readonly test: D;
  /**
   * Which examples the run is tested on. If the data has no test examples, the validation examples
   * are used.
   */
  readonly testedOn: 'test' | 'validation';
}

/** How data is divided. */
interface Divider<D extends TrainingData> {
  /** Returns the first examples. */
  readonly limit: (dataset: D, limit: number | undefined) => D;
  /** Splits the examples at random. */
  readonly split: (dataset: D, fractions: readonly number[], rng: Rng) => Promise<D[]>;
}

/**
 * Divides the data into training, validation and test examples. The validation examples are those
 * that `--validation-split` holds out, or those that the data already has.
 */
export async function divide<D extends TrainingData>(
  opened: OpenedData<D>,
  options: RunOptions,
  rng: Rng,
  divider: Divider<D>,
): Promise<Parts<D>> {
  const { limit, validationSplit, patience } = options;
  const whole = divider.limit(opened.train, limit);
  const [train, split] = await parts(whole, validationSplit, rng, divider);
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

async function parts<D extends TrainingData>(
  dataset: D,
  fraction: number | undefined,
  rng: Rng,
  { split }: Divider<D>,
): Promise<[D, D?]> {
  if (fraction === undefined) return [dataset];
  const held = Math.round(fraction * dataset.length);
  if (held === 0 || held === dataset.length) {
    throw new InputError(
      `--validation-split: expected at least one example in each part, ` +
        `got ${fraction} of the ${dataset.length} examples of ${dataset.name}`,
    );
  }
  const [train, validation] = await split(dataset, [1 - fraction, fraction], rng.fold(0));
  return [train, { ...validation, name: `${dataset.name}, validation` }];
}
