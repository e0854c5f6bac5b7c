import { checkOptions } from '../lib/check.ts';
import { InputError, show } from '../lib/errors.ts';
import { ArrayDataset } from './dataset.ts';
import { listImages } from './listImages.ts';
import type { ImageResize } from './preprocess.ts';
import { readImages } from './readImages.ts';

/** The options of `loadImageFolder`. */
export interface ImageFolderOptions {
  /**
   * The shape of the images. They are resized to it, and converted to grey if it has one channel.
   * By default, all images must have the size of the first image.
   */
  readonly inputShape?: readonly number[];
  /**
   * How images are resized to `inputShape`. With a `shorterSide`, the middle is cut out of the
   * image whose shorter side has that length, as torchvision does; by default the whole image is
   * resized, whatever its proportions.
   */
  readonly resize?: ImageResize;
  /**
   * The names of the classes' folders, in the order of their labels; by default all folders,
   * sorted.
   */
  readonly classNames?: readonly string[];
}

/**
 * Reads a dataset from images, one folder per class: `cat/1.png`, `dog/more/7.JPG`. The files and
 * their classes are found by torchvision's rules (see `listImages`) and read by `loadImage`. The
 * images are kept in memory as bytes. The dataset's `notes` list the entries that were skipped, and
 * the classes of `classNames` that have no images.
 *
 * Errors: a folder that cannot be read, that has no class, or that has a class without images; a
 *         file that is not an image, or that has another size than the first image; a folder that
 *         is not among `classNames`; more than 4 GiB of images; an unknown option.
 * Source: torchvision's `ImageFolder`.
 *
 *     const train = await loadImageFolder('flowers/train', { inputShape: [64, 64, 3] });
 *     train.classNames; // ['daisy', 'rose']
 */
export async function loadImageFolder(
  directory: string,
  options: ImageFolderOptions = {},
): Promise<ArrayDataset> {
  checkOptions('loadImageFolder', options, ['inputShape', 'classNames', 'resize']);
  const { inputShape: shape, resize } = options;
  if (resize?.shorterSide !== undefined && shape === undefined) {
    throw new InputError(
      `${directory}: expected a shape (--shape) to cut out of images with a shorter side of ${resize.shorterSide}, got none`,
    );
  }
  const { classes, notes } = await listImages(directory);
  const names = options.classNames ?? classes.map(({ name }) => name);
  const labelOf = new Map(names.map((name, label) => [name.normalize(), label]));
  const unknown = classes.find(({ name }) => !labelOf.has(name));
  if (unknown !== undefined) {
    throw new InputError(
      `${directory}: expected folders of the classes ${names.join(', ')}, got ${show(unknown.name)}`,
    );
  }
  const examples = classes.flatMap(({ name, files }) =>
    files.map((file) => ({ file, label: labelOf.get(name) ?? 0 })),
  );
  const inputs = await readImages(
    directory,
    examples.map(({ file }) => file),
    { shape, resize },
  );
  const missing = names.filter((name) => !classes.some((found) => found.name === name.normalize()));
  return new ArrayDataset({
    name: directory,
    ...inputs,
    labels: examples.map(({ label }) => label),
    classes: names.length,
    classNames: names,
    notes: [
      ...notes,
      ...(missing.length > 0 ? [`${directory}: no images of the classes ${show(missing)}`] : []),
    ],
  });
}
