import type { Dataset } from '../data/dataset.ts';
import { applyPreprocessing, parsePreprocessing } from '../data/preprocessingSteps.ts';
import { stratifiedSplit } from '../data/stratify.ts';
import { InputError } from '../lib/errors.ts';
import { Rng } from '../lib/rng.ts';
import { describeData, requireClasses, resizeWords } from './describeData.ts';
import { dataFingerprint } from './dataFingerprint.ts';
import { openData, type DataOptions } from './openData.ts';
import { reportNotes, type OpenedData } from './openedData.ts';
import type { ResolvedNetwork } from './resolvedNetwork.ts';
import { divide, limited, resizeFor, type Parts, type RunData } from './runParts.ts';
import { checkTargetOptions } from './targets.ts';
import type { RunOptions } from './trainOptions.ts';
import { tableMetadata, type TrainingTable } from './trainingTable.ts';
import { trainingDataMetadata } from './weightsFile.ts';

/**
 * Opens the data of a run, holds out the validation examples, and preprocesses all parts in the
 * same way. The mean and standard deviation are computed from the training examples only.
 *
 * Errors: invalid data; a limit above the number of examples; a split that leaves a part empty.
 */
export async function openRunData(
  options: RunOptions,
  rng: Rng,
  entry: ResolvedNetwork,
): Promise<RunData> {
  checkTargetOptions(options);
  if (options.target !== undefined) {
    const { openRunTargets } = await import('./runTargets.ts');
    return openRunTargets(options, rng, entry);
  }
  return openLabelData(options, rng, entry);
}

/**
 * Opens the data of a run of a classifier, as `openRunData` does.
 *
 * Errors: those of `openRunData`; a run with other targets.
 */
export async function openLabelData(
  options: RunOptions,
  rng: Rng,
  entry: ResolvedNetwork,
): Promise<RunData<Dataset>> {
  requireLabels(options);
  const { preprocess = [] } = options;
  const opened = await openData(dataOptions(options, entry));
  reportNotes(opened);
  const { train, validation, test, testedOn } = await divideLabels(opened, options, rng);
  requireClasses(train);
  const preprocessing = await parsePreprocessing(preprocess, train);
  const preprocessed = (dataset: Dataset) => applyPreprocessing(dataset, preprocessing);
  const prepared = preprocessed(train);
  const { inputShape, classes, classNames, columns } = prepared;
  const { isResized = false } = opened;
  const resized = isResized ? resizeWords(train.inputShape, resizeFor(options)) : undefined;
  return {
    train: prepared,
    ends: {
      inputShape,
      classes,
      ...(classNames && { classNames }),
      ...(columns && { columns }),
    },
    lines: () => describeData({ train, test, ...(validation && { validation }), resized }),
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

function requireLabels({ target }: RunOptions): void {
  if (target === undefined) return;
  throw new InputError(`expected the run of a classifier, got one with --target ${target.join()}`);
}

/**
 * Returns the options of `openData` for a run. A run that does not start with weights has the
 * classes that the network's file names, in their order.
 */
function dataOptions(options: RunOptions, { labels }: Pick<ResolvedNetwork, 'labels'>) {
  const resize = resizeFor(options);
  return {
    ...options,
    ...(resize && { resize }),
    ...(options.from === undefined && labels && { labels }),
  };
}

function divideLabels(opened: OpenedData, options: RunOptions, rng: Rng): Promise<Parts<Dataset>> {
  // Each class is split in the same proportion. Otherwise a class might have no validation
  // examples, and would not be validated at all.
  return divide<Dataset>(opened, options, rng, {
    limit: (part, limit) => limited(part, limit),
    split: stratifiedSplit,
  });
}

/**
 * Opens the examples on which a run is trained and tested, without preprocessing. Errors: those of
 * `openRunData`.
 *
 * @param training the columns on which the run was trained, if it was trained on a CSV file.
 */
export async function openRunParts(
  options: RunOptions & Pick<DataOptions, 'imageShape'>,
  entry: Pick<ResolvedNetwork, 'labels'>,
  training?: TrainingTable,
): Promise<Parts<Dataset>> {
  requireLabels(options);
  const opened = await openData(dataOptions(options, entry), training);
  return divideLabels(opened, options, new Rng(options.seed));
}

/**
 * Opens the examples on which a run is tested, without preprocessing. Errors: those of
 * `openRunData`.
 *
 * @param training the columns on which the run was trained, if it was trained on a CSV file.
 */
export async function openTestExamples(
  options: RunOptions,
  entry: Pick<ResolvedNetwork, 'labels'>,
  training?: TrainingTable,
): Promise<Dataset> {
  return (await openRunParts(options, entry, training)).test;
}
