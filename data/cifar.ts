import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { InputError } from '../lib/errors.ts';
import { systemProblem } from '../lib/files/systemError.ts';
import { ArrayDataset } from './dataset.ts';

/** CIFAR-10 or CIFAR-100 in its binary form. */
export interface Cifar {
  readonly train: ArrayDataset;
  readonly test: ArrayDataset;
}

const PIXELS = 32 * 32;

/** How a version lays out its files; the label that counts is the last byte before the pixels, for 100 the fine one. */
const VERSIONS = {
  'cifar-10': {
    labelBytes: 1,
    classes: 10,
    test: ['test_batch.bin'],
    train: [1, 2, 3, 4, 5].map((part) => `data_batch_${part}.bin`),
  },
  'cifar-100': { labelBytes: 2, classes: 100, train: ['train.bin'], test: ['test.bin'] },
} as const;

type Version = keyof typeof VERSIONS;

/**
 * Reads the binary version of CIFAR-10 or CIFAR-100 from a folder, whichever is there: records of a label byte (of
 * CIFAR-100 a coarse and a fine one) and 3072 bytes, the red, the green and the blue plane of 32x32 pixels.
 *
 * Errors: a folder with neither, a file that cannot be read or has no whole number of records, a label that is no class,
 *         with the file and the record.
 * Source: https://www.cs.toronto.edu/~kriz/cifar.html, "Binary version".
 */
export function loadCifar(directory: string): Cifar {
  const name = (Object.keys(VERSIONS) as Version[]).find((version) =>
    existsSync(join(directory, VERSIONS[version].test[0])),
  );
  if (name === undefined) {
    throw new InputError(
      `cifar: expected test_batch.bin (CIFAR-10) or test.bin (CIFAR-100) in ${directory}, found neither`,
    );
  }
  const part = (which: 'train' | 'test') =>
    readParts(
      VERSIONS[name][which].map((file) => join(directory, file)),
      `${name} ${which}`,
      VERSIONS[name],
    );
  return { train: part('train'), test: part('test') };
}

function readParts(
  files: readonly string[],
  name: string,
  { labelBytes, classes }: { readonly labelBytes: number; readonly classes: number },
): ArrayDataset {
  const size = labelBytes + 3 * PIXELS;
  const parts = files.map((file) => read(file, size));
  const records = parts.reduce((total, bytes) => total + bytes.length / size, 0);
  const inputs = new Uint8Array(records * 3 * PIXELS);
  const labels = new Uint8Array(records);
  let at = 0;
  parts.forEach((bytes, part) => {
    for (let record = 0; record * size < bytes.length; record++, at++) {
      const start = record * size + labelBytes;
      labels[at] = bytes[start - 1];
      if (labels[at] >= classes) {
        throw new InputError(
          `${files[part]}: record ${record}: expected a label from 0 to ${classes - 1}, got ${labels[at]}`,
        );
      }
      for (let pixel = 0; pixel < PIXELS; pixel++) {
        for (let c = 0; c < 3; c++) {
          inputs[(at * PIXELS + pixel) * 3 + c] = bytes[start + c * PIXELS + pixel];
        }
      }
    }
  });
  return new ArrayDataset({ name, inputs, inputShape: [32, 32, 3], labels, classes });
}

function read(file: string, size: number): Uint8Array {
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(file);
  } catch (error) {
    throw new InputError(`${file}: cannot be read: ${systemProblem(error)}`, { cause: error });
  }
  if (bytes.length === 0 || bytes.length % size !== 0) {
    throw new InputError(
      `${file}: expected whole records of ${size} bytes, got ${bytes.length} bytes`,
    );
  }
  return bytes;
}
