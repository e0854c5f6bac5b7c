import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { InputError, show } from '../lib/errors.ts';
import { systemProblem } from '../lib/files/systemError.ts';
import { ArrayDataset } from './dataset.ts';
import { loadImage, type PixelImage } from './image.ts';
import { toGrey } from './preprocess.ts';
import { resizeImage } from './resizeImage.ts';

export interface ImageFolderOptions {
  /** Images are resized to it, and turned grey for one channel; by default all must be of the first one's size. */
  readonly inputShape?: readonly number[];
  /** The names of the folders, in the order of their labels; by default those that are there, sorted. */
  readonly classNames?: readonly string[];
}

/** Images that are decoded at a time; libvips has its own threads. */
const AT_ONCE = 16;

/**
 * A dataset from PNG and JPEG files in a folder for each class: `cat/1.png`, `dog/7.jpg`. Files whose names start with
 * a dot are passed over, any other must be an image. The images are kept in memory as bytes.
 *
 * Errors: a folder that cannot be read, without a class or with a class without an image; a file that is no image, or
 *         of another size than the first, by its path; a folder that is none of `classNames`.
 */
export async function loadImageFolder(
  directory: string,
  { inputShape, classNames }: ImageFolderOptions = {},
): Promise<ArrayDataset> {
  const folders = (await entries(directory))
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name);
  const names = classNames ?? folders;
  const strange = folders.find((name) => !names.includes(name));
  if (strange !== undefined) {
    throw new InputError(
      `${directory}: expected folders of the classes ${names.join(', ')}, got ${show(strange)}`,
    );
  }
  if (folders.length === 0)
    throw new InputError(`${directory}: expected a folder of images for each class, got none`);
  const records: { file: string; label: number }[] = [];
  for (const name of folders) {
    const files = (await entries(join(directory, name))).filter((entry) => !entry.isDirectory());
    if (files.length === 0)
      throw new InputError(`${join(directory, name)}: expected images, got none`);
    const label = names.indexOf(name);
    records.push(...files.map((file) => ({ file: join(directory, name, file.name), label })));
  }
  const first = await loadImage(records[0].file);
  const [height, width, channels] = inputShape ?? [first.height, first.width, first.channels];
  const size = height * width * channels;
  const inputs = new Uint8Array(records.length * size);
  const read = async ({ file }: { file: string }, record: number) => {
    const image = await loadImage(file);
    if (inputShape === undefined && (image.height !== height || image.width !== width)) {
      const got = `${image.height}x${image.width}`;
      throw new InputError(
        `${file}: expected ${height}x${width} pixels as the first image, got ${got}; give a shape to resize to`,
      );
    }
    inputs.set(fit(image, height, width, channels), record * size);
  };
  for (let start = 0; start < records.length; start += AT_ONCE) {
    await Promise.all(
      records.slice(start, start + AT_ONCE).map((record, k) => read(record, start + k)),
    );
  }
  return new ArrayDataset({
    name: directory,
    inputs,
    inputShape: [height, width, channels],
    labels: records.map(({ label }) => label),
    classes: names.length,
    classNames: names,
  });
}

function fit(image: PixelImage, height: number, width: number, channels: number): Uint8Array {
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
