import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { loadCsvTargets } from '../data/csvTargets.ts';
import { loadImageTargets } from '../data/imageTargets.ts';
import type { ImageResize } from '../data/preprocess.ts';
import { split } from '../data/split.ts';
import type { TargetDataset } from '../data/targets.ts';
import { InputError, show } from '../lib/errors.ts';
import { pathKind } from '../lib/files/regularFile.ts';
import { Rng } from '../lib/rng.ts';
import { FRACTIONS, SEED, singleFileNote } from './openCsv.ts';
import type { OpenedData } from './openedData.ts';
import { openParts, partNames } from './partNames.ts';
import { kindOf } from './lossNames.ts';
import { targetLoss, type TargetOptions, type Targets } from './targets.ts';
import type { TrainingTable } from './trainingTable.ts';

/** The options that describe data with targets. */
export interface OpenTargetsOptions extends TargetOptions {
  /** The path of a CSV file or a folder. */
  readonly data?: string;
  /** The height, width and channels: images are resized to them, and rows have this shape. */
  readonly shape?: readonly number[];
  /** How images and target images are resized. */
  readonly resize?: ImageResize | undefined;
  /** Whether the first line of CSV files names the columns; true by default. */
  readonly header?: boolean;
  /** The number of classes of labels, or of channels of target images, if it is known. */
  readonly classes?: number | undefined;
  /** The label of pixels that are not counted. */
  readonly ignoreIndex?: number | undefined;
}

/** Data with targets. The targets are not standardized yet. */
export interface OpenedTargets extends OpenedData<TargetDataset> {
  readonly targets: Targets;
  /** The names of the input columns of a table. */
  readonly columns?: readonly string[];
}

/**
 * Opens data with targets other than one label per example: a CSV file, a folder with `train.csv`,
 * or a folder of images with a folder of target images beside it, perhaps in each of `train`, `val`
 * and `test`.
 *
 * Errors: no data, or data in none of these forms; those of `loadCsvTargets` and
 *         `loadImageTargets`.
 * @param training the columns on which the weights were trained, if they were trained on a table.
 */
export async function openTargets(
  options: OpenTargetsOptions,
  training?: TrainingTable,
): Promise<OpenedTargets> {
  const { data: directory, target: names = [] } = options;
  if (directory === undefined)
    throw new InputError('--target: expected --data with it, which names the data, got none');
  const kind = await pathKind(directory);
  if (kind === 'file' && /\.(csv|tsv|txt|data)$/i.test(directory))
    return openFile(directory, names, options, training);
  if (kind !== 'folder') {
    const got = kind === 'missing' ? 'nothing' : 'another file';
    throw new InputError(
      `--data: expected a folder or a file named .csv at ${show(directory)}, found ${got}`,
    );
  }
  const entries = (await readdir(directory)).sort();
  if (entries.includes('train.csv')) return openTables(directory, entries, options, training);
  const isSplit =
    entries.includes('train') && (await pathKind(join(directory, 'train'))) === 'folder';
  if (!isSplit && !entries.includes('images')) {
    const got = entries.slice(0, 5).map(show).join(', ') || 'nothing';
    throw new InputError(
      `--data: expected ${show(directory)} to contain train.csv, a folder train, or folders images and ${show(names[0])}, got ${got}`,
    );
  }
  return openImageTargets(directory, isSplit ? entries : undefined, options);
}

/** Returns the options for `loadCsvTargets`. */
function tableOptions(
  names: readonly string[],
  loss: Targets['loss'],
  { header = true, shape }: OpenTargetsOptions,
  training: TrainingTable | undefined,
) {
  const kind = kindOf(loss);
  return {
    targetColumns: names,
    kind: kind === 'labels' ? ('answers' as const) : kind,
    header: header && (training?.header ?? true),
    ...(training && { columns: training.columns }),
    ...(shape && { inputShape: shape }),
  };
}

async function openFile(
  file: string,
  names: readonly string[],
  options: OpenTargetsOptions,
  training: TrainingTable | undefined,
): Promise<OpenedTargets> {
  const loss = targetLoss(options, true);
  const given = tableOptions(names, loss, options, training);
  const { dataset, columns, notes } = await loadCsvTargets(file, given);
  if (dataset.length < 3) {
    throw new InputError(
      `${file}: expected three examples or more, to train on and to test, got ${dataset.length}`,
    );
  }
  const [train, test] = split(dataset, FRACTIONS, new Rng(SEED));
  return {
    train,
    test: { ...test, name: `${file}, test examples` },
    notes: [singleFileNote(file, test.length, dataset.length, 'a fifth'), ...notes],
    targets: { loss, names, shape: [names.length] },
    columns,
  };
}

async function openTables(
  directory: string,
  entries: readonly string[],
  options: OpenTargetsOptions,
  training: TrainingTable | undefined,
): Promise<OpenedTargets> {
  const { target: names = [] } = options;
  const loss = targetLoss(options, true);
  const given = tableOptions(names, loss, options, training);
  const first = await loadCsvTargets(join(directory, 'train.csv'), given);
  const { dataset, columns } = first;
  const notes = [...first.notes];
  const parts = partNames(directory, entries, '.csv');
  const opened = await openParts<TargetDataset>(
    dataset,
    parts,
    { directory, lacking: 'test.csv' },
    async (name) => {
      const part = await loadCsvTargets(join(directory, name), { ...given, columns });
      notes.push(...part.notes);
      return part.dataset;
    },
  );
  return {
    ...opened,
    notes: [...opened.notes, ...notes],
    targets: { loss, names, shape: [names.length] },
    columns,
  };
}

/** @param entries the entries of the folder, if it has parts. */
async function openImageTargets(
  directory: string,
  entries: readonly string[] | undefined,
  options: OpenTargetsOptions,
): Promise<OpenedTargets> {
  const { target: names = [], shape, resize, classes, ignoreIndex } = options;
  const [targetFolder] = names;
  if (names.length !== 1) {
    throw new InputError(
      `--target: expected one folder of target images beside ${show(join(directory, 'images'))}, got ${show(names)}`,
    );
  }
  const loss = targetLoss(options, false);
  const kind = kindOf(loss);
  const load = (folder: string, like: { shape?: readonly number[]; classes?: number } = {}) => {
    const [inputShape, outputs] = [like.shape ?? shape, like.classes ?? classes];
    return loadImageTargets(folder, {
      targetFolder,
      kind,
      ...(kind === 'labels' && outputs !== undefined && { classes: outputs }),
      ...(kind === 'labels' && ignoreIndex !== undefined && { ignoreIndex }),
      ...(kind === 'numbers' && (outputs === 1 || outputs === 3) && { channels: outputs }),
      ...(inputShape && { inputShape }),
      ...(resize && { resize }),
    });
  };
  const { dataset, notes } = await load(
    entries === undefined ? directory : join(directory, 'train'),
  );
  const { target, inputShape } = dataset;
  const targets: Targets = {
    loss,
    names,
    shape: target.shape,
    ...(target.classes !== undefined && { classes: target.classes }),
    ...(target.ignoreIndex !== undefined && { ignoreIndex: target.ignoreIndex }),
  };
  if (entries === undefined) return { train: dataset, test: dataset, notes, targets };
  const parts = partNames(directory, entries, '');
  const outputs = target.classes ?? target.shape[2];
  const others: string[] = [];
  const opened = await openParts<TargetDataset>(
    dataset,
    parts,
    { directory, lacking: 'folder test' },
    async (name) => {
      const part = await load(join(directory, name), { shape: inputShape, classes: outputs });
      others.push(...part.notes);
      return part.dataset;
    },
  );
  return { ...opened, notes: [...opened.notes, ...notes, ...others], targets };
}
