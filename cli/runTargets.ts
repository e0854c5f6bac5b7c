import { div, sub } from '@tensorflow/tfjs-core';
import { batches } from '../data/batches.ts';
import { applyPreprocessing, parsePreprocessing, resizeOf } from '../data/preprocessingSteps.ts';
import { split } from '../data/split.ts';
import type { TargetDataset } from '../data/targets.ts';
import { constant } from '../lib/constant.ts';
import { InputError, show } from '../lib/errors.ts';
import { disposeTensors, tidy } from '../lib/memory.ts';
import type { Rng } from '../lib/rng.ts';
import { dataFingerprint } from './dataFingerprint.ts';
import { describeTargets } from './describeTargets.ts';
import { openTargets, type OpenedTargets, type OpenTargetsOptions } from './openTargets.ts';
import { reportNotes } from './openedData.ts';
import type { ResolvedNetwork } from './resolvedNetwork.ts';
import { divide, limited, resizeFor, type DataEnds, type RunData } from './runParts.ts';
import { kindOf } from './lossNames.ts';
import { areColumns, checkTargetOptions, outputsOf, type Targets } from './targets.ts';
import type { RunOptions } from './trainOptions.ts';
import { tableMetadata, type TrainingTable } from './trainingTable.ts';

/**
 * Opens the data of a run with targets other than one label per example. Columns of numbers are
 * standardized by the mean and deviation of the training examples, so that the size of their unit
 * does not matter.
 *
 * Errors: those of `openTargets` and of the options; a column of numbers that never changes.
 */
export async function openRunTargets(
  options: RunOptions,
  rng: Rng,
  entry: ResolvedNetwork,
): Promise<RunData> {
  const { preprocess = [] } = options;
  const opened = await openTargets(targetsOptions(options, entry));
  checkTargetOptions({ ...options, loss: opened.targets.loss });
  reportNotes(opened);
  const parts = await divideTargets(opened, options, rng);
  const targets = await standardizedTargets(opened.targets, parts.train);
  const steps = await parsePreprocessing(preprocess, parts.train);
  const prepared = (part: TargetDataset) =>
    preparedTargets(applyPreprocessing(part, steps), targets);
  const { validation } = parts;
  const train = prepared(parts.train);
  const { columns } = opened;
  const pixels = columns === undefined;
  const { inputShape } = opened.train;
  const ends = targetEnds(train, targets, columns);
  const { classes, classNames } = ends;
  return {
    train,
    test: prepared(parts.test),
    testedOn: parts.testedOn,
    ...(validation && { validation: prepared(validation) }),
    ends,
    targets,
    lines: () => describeTargets({ ...parts, columns, resize: resizeOf(steps) }, targets),
    metadata: {
      data: JSON.stringify({ inputShape, classes, ...(classNames && { classNames }), pixels }),
      targets: JSON.stringify(targets),
      fingerprint: await dataFingerprint(opened.train),
      ...tableMetadata({ columns }, options),
      ...(steps.length > 0 && { preparation: JSON.stringify(steps) }),
    },
  };
}

/** Returns the options of `openTargets` for a run. */
function targetsOptions(options: RunOptions, entry: ResolvedNetwork): OpenTargetsOptions {
  const { classes } = entry.stated ?? {};
  return {
    ...options,
    resize: resizeFor(options),
    classes: classes ?? entry.labels?.length,
    ignoreIndex: entry.ignoreIndex,
  };
}

function divideTargets(opened: OpenedTargets, options: RunOptions, rng: Rng) {
  return divide<TargetDataset>(opened, options, rng, {
    limit: (part, limit) => limited(part, limit),
    split: (part, fractions, own) => Promise.resolve(split(part, fractions, own)),
  });
}

/**
 * Opens the examples on which a run with targets is tested, before preprocessing, with the targets
 * in their own units. Errors: those of `openTargets`.
 */
export async function openTargetTest(
  options: RunOptions,
  rng: Rng,
  known: { readonly targets: Targets; readonly table?: TrainingTable | undefined },
): Promise<TargetDataset> {
  const { targets, table } = known;
  const resize = resizeFor(options);
  const opened = await openTargets({ ...options, ...likeTraining(targets), resize }, table);
  return (await divideTargets(opened, options, rng)).test;
}

/** Returns the options that read data as those of the training were read. */
export function likeTraining(targets: Targets) {
  const { names, loss, ignoreIndex } = targets;
  return { target: names, loss, classes: outputsOf(targets), ignoreIndex };
}

/** Returns the ends that a network needs for targets. The columns are the names of its outputs. */
export function targetEnds(
  { inputShape }: Pick<TargetDataset, 'inputShape'>,
  targets: Targets,
  columns: readonly string[] | undefined,
): DataEnds {
  return {
    inputShape,
    classes: outputsOf(targets),
    ...(areColumns(targets) && { classNames: targets.names }),
    ...(columns && { columns }),
  };
}

/** Standardizes the targets of a dataset. */
export function preparedTargets(dataset: TargetDataset, { mean, std }: Targets): TargetDataset {
  if (mean === undefined || std === undefined) return dataset;
  const { name, length, inputShape, target: info } = dataset;
  return {
    name,
    length,
    inputShape,
    target: info,
    async batch(indices, rng, share) {
      const { input, target } = await dataset.batch(indices, rng, share);
      const scaled = tidy(() =>
        div(sub(target, constant(mean, [mean.length])), constant(std, [std.length])),
      );
      disposeTensors(target);
      return { input, target: scaled };
    },
  };
}

/** Adds the means and deviations of columns of numbers to their description. */
async function standardizedTargets(targets: Targets, train: TargetDataset): Promise<Targets> {
  if (!areColumns(targets) || kindOf(targets.loss) !== 'numbers') return targets;
  const { mean, std } = await targetStatistics(train);
  const constantAt = std.indexOf(0);
  if (constantAt >= 0) {
    throw new InputError(
      `${train.name}: expected numbers to predict in column ${show(targets.names[constantAt])}, got ${mean[constantAt]} in all ${train.length} training examples`,
    );
  }
  return { ...targets, mean, std };
}

/** Returns the mean and the standard deviation of each column of targets. */
async function targetStatistics(
  dataset: TargetDataset,
): Promise<{ mean: number[]; std: number[] }> {
  const [size] = dataset.target.shape;
  const [mean, squares] = [new Float64Array(size), new Float64Array(size)];
  let count = 0;
  for (const indices of batches(dataset.length, 1000)) {
    const batch = await dataset.batch(indices);
    const values = await batch.target.data();
    disposeTensors({ ...batch });
    for (let i = 0; i < values.length; i++) {
      const column = i % size;
      if (column === 0) count++;
      // Welford's update, as in `channelStatistics`.
      const deviation = values[i] - mean[column];
      mean[column] += deviation / count;
      squares[column] += deviation * (values[i] - mean[column]);
    }
  }
  return { mean: Array.from(mean), std: Array.from(squares, (sum) => Math.sqrt(sum / count)) };
}
