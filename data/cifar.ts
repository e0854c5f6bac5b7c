import { basename, dirname, join } from 'node:path';
import { InputError, show } from '../lib/errors.ts';
import { pathKind, readRegularFile } from '../lib/files/regularFile.ts';
import { ArrayDataset } from './dataset.ts';

/** The training and the test set of CIFAR-10 or CIFAR-100. */
export interface Cifar {
  /** The training set, 50,000 images. */
  readonly train: ArrayDataset;
  /** The test set, 10,000 images. */
  readonly test: ArrayDataset;
}

const PIXELS = 32 * 32;

/**
 * The files of each version. The label is the last byte before the pixels, which in CIFAR-100 is
 * the fine label.
 */
const VERSIONS = {
  'cifar-10': {
    labelBytes: 1,
    classes: 10,
    python: 'data_batch_1',
    archive: 'cifar-10-binary.tar.gz',
    test: ['test_batch.bin'],
    train: [1, 2, 3, 4, 5].map((part) => `data_batch_${part}.bin`),
  },
  'cifar-100': {
    labelBytes: 2,
    classes: 100,
    python: 'meta',
    archive: 'cifar-100-binary.tar.gz',
    train: ['train.bin'],
    test: ['test.bin'],
  },
} as const;

type Version = keyof typeof VERSIONS;

/**
 * Reads the binary version of CIFAR-10 or CIFAR-100 from a folder, which must contain one of the
 * two. Each example has a label byte (in CIFAR-100 a coarse and a fine one) and 3072 bytes: the
 * red, the green and the blue plane of 32x32 pixels.
 *
 * Errors: a folder with neither version, with both, or with the Python version, whose files are
 *         pickles; a file that cannot be read or that ends in the middle of an example; a label
 *         that is not a class (the message names the file and the example).
 * Source: https://www.cs.toronto.edu/~kriz/cifar.html, "Binary version".
 *
 *     const { train, test } = await loadCifar('cifar-10-batches-bin');
 *     train.inputShape; // [32, 32, 3]
 */
export async function loadCifar(directory: string): Promise<Cifar> {
  const name = await versionIn(directory);
  const load = (part: 'train' | 'test') =>
    readParts(
      VERSIONS[name][part].map((file) => join(directory, file)),
      `${name} ${part}`,
      VERSIONS[name],
    );
  return { train: await load('train'), test: await load('test') };
}

/** Returns the version that is in a folder, which its files show. Errors: no version, or both. */
async function versionIn(directory: string): Promise<Version> {
  const has = async (file: string) => (await pathKind(join(directory, file))) !== 'missing';
  const found = new Map<Version, string>();
  for (const version of Object.keys(VERSIONS) as Version[]) {
    const { test, train } = VERSIONS[version];
    for (const file of [...test, ...train]) if (await has(file)) found.set(version, file);
  }
  const [first, second] = found.keys();
  if (second !== undefined) {
    throw new InputError(
      `cifar: expected the files of one version in ${directory}, got ${[...found.values()].map(show).join(' and ')}: ` +
        `move those of one into a folder`,
    );
  }
  if (first !== undefined) return first;
  for (const version of Object.keys(VERSIONS) as Version[]) {
    const { python, archive } = VERSIONS[version];
    if (!(await has(python))) continue;
    throw new InputError(
      `cifar: expected the binary version, got the Python version in ${directory} ` +
        `(${python}, pickles): get ${archive}`,
    );
  }
  throw new InputError(
    `cifar: expected test_batch.bin (CIFAR-10) or test.bin (CIFAR-100) in ${directory}, found neither`,
  );
}

async function readParts(
  files: readonly string[],
  name: string,
  { labelBytes, classes }: { readonly labelBytes: number; readonly classes: number },
): Promise<ArrayDataset> {
  const size = labelBytes + 3 * PIXELS;
  for (const file of files) {
    if ((await pathKind(file)) !== 'missing') continue;
    const all = files.map((one) => basename(one)).join(', ');
    throw new InputError(
      `${name}: expected the files ${all} in ${dirname(file)}, found no ${basename(file)}: unpack the archive again`,
    );
  }
  const parts = await Promise.all(files.map((file) => readExamples(file, size)));
  const examples = parts.reduce((total, bytes) => total + bytes.length / size, 0);
  const inputs = new Uint8Array(examples * 3 * PIXELS);
  const labels = new Uint8Array(examples);
  let n = 0;
  parts.forEach((bytes, part) => {
    for (let example = 0; example * size < bytes.length; example++, n++) {
      const start = example * size + labelBytes;
      labels[n] = bytes[start - 1];
      if (labels[n] >= classes) {
        throw new InputError(
          `${files[part]}: example ${example}: expected a label from 0 to ${classes - 1}, got ${labels[n]}`,
        );
      }
      for (let pixel = 0; pixel < PIXELS; pixel++) {
        for (let c = 0; c < 3; c++) {
          inputs[(n * PIXELS + pixel) * 3 + c] = bytes[start + c * PIXELS + pixel];
        }
      }
    }
  });
  return new ArrayDataset({ name, inputs, inputShape: [32, 32, 3], labels, classes });
}

async function readExamples(file: string, size: number): Promise<Uint8Array> {
  const bytes = await readRegularFile(file);
  if (bytes.length === 0 || bytes.length % size !== 0) {
    throw new InputError(
      `${file}: expected whole examples of ${size} bytes, got ${bytes.length} bytes`,
    );
  }
  return bytes;
}
