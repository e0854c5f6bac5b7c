import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { checkOptions } from '../lib/check.ts';
import { InputError, show } from '../lib/errors.ts';
import { systemProblem } from '../lib/files/systemError.ts';
import { ArrayDataset } from './dataset.ts';
import { loadImage, type PixelImage } from './image.ts';
import { toGrey } from './preprocess.ts';
import { resizeImage } from './resizeImage.ts';

/** The options of `loadImageFolder`. */
export interface ImageFolderOptions {
  /**
   * Images are resized to this shape, and turned grey for one channel. By default all must have the
   * size of the first.
   */
  readonly inputShape?: readonly number[];
  /** The names of the folders, in the order of their labels; by default all folders, sorted. */
  readonly classNames?: readonly string[];
}

/** The number of images that are decoded at a time; libvips has its own threads. */
const CONCURRENCY = 16;

/**
 * Reads a dataset from PNG and JPEG files, one folder per class: `cat/1.png`, `dog/7.jpg`. Files
 * whose names start with a dot are skipped; every other file must be an image. The images stay in
 * memory as bytes.
 *
 * Errors: a folder that cannot be read, that has no class, or that has a class without images; a
 *         file that is not an image, or is of another size than the first, by its path; a folder
 *         that is not among `classNames`; an unknown option.
 *
 *     const train = await loadImageFolder('flowers/train', { inputShape: [64, 64, 3] });
 *     train.classNames; // ['daisy', 'rose']
 */
export async function loadImageFolder(
  directory: string,
  options: ImageFolderOptions = {},
): Promise<ArrayDataset> {
  checkOptions('loadImageFolder', options, ['inputShape', 'classNames']);
  const { inputShape, classNames } = options;
  const folders = (await entries(directory))
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name);
  const names = classNames ?? folders;
  const unknown = folders.find((name) => !names.includes(name));
  if (unknown !== undefined) {
    throw new InputError(
      `${directory}: expected folders of the classes ${names.join(', ')}, got ${show(unknown)}`,
    );
  }
  if (folders.length === 0)
    throw new InputError(`${directory}: expected a folder of images for each class, got none`);
  const examples: { file: string; label: number }[] = [];
  for (const name of folders) {
    const files = (await entries(join(directory, name))).filter((entry) => !entry.isDirectory());
    if (files.length === 0)
      throw new InputError(`${join(directory, name)}: expected images, got none`);
    const label = names.indexOf(name);
    examples.push(...files.map((file) => ({ file: join(directory, name, file.name), label })));
  }
  const first = await loadImage(examples[0].file);
  const [height, width, channels] = inputShape ?? [first.height, first.width, first.channels];
  const size = height * width * channels;
  const inputs = new Uint8Array(examples.length * size);
  const read = async ({ file }: { file: string }, example: number) => {
    const image = await loadImage(file);
    if (inputShape === undefined && (image.height !== height || image.width !== width)) {
      const got = `${image.height}x${image.width}`;
      throw new InputError(
        `${file}: expected ${height}x${width} pixels like the first image, got ${got}; set a shape to resize to`,
      );
    }
    inputs.set(fit(image, [height, width, channels]), example * size);
  };
  for (let start = 0; start < examples.length; start += CONCURRENCY) {
    await Promise.all(
      examples.slice(start, start + CONCURRENCY).map((example, k) => read(example, start + k)),
    );
  }
  return new ArrayDataset({
    name: directory,
    inputs,
    inputShape: [height, width, channels],
    labels: examples.map(({ label }) => label),
    classes: names.length,
    classNames: names,
  });
}

/** The bytes of an image in another size. */
function fit(image: PixelImage, [height, width, channels]: readonly number[]): Uint8Array {
  const source = channels === 1 && image.channels === 3 ? toGrey(image) : image;
  if (source.channels !== channels) {
    throw new InputError(`expected a shape of 1 or 3 channels for images, got ${channels}`);
  }
  return source.height === height && source.width === width
    ? source.data
    : resizeImage(source, height, width).data;
}

async function entries(directory: string) {
  try {
    const found = await readdir(directory, { withFileTypes: true });
    return found
      .filter(({ name }) => !name.startsWith('.'))
      .sort((a, b) => (a.name < b.name ? -1 : 1));
  } catch (error) {
    throw new InputError(`${directory}: cannot be read: ${systemProblem(error)}`, { cause: error });
  }
}
