import { InputError, show } from '../lib/errors.ts';
import { withRegularFile } from '../lib/files/regularFile.ts';
import { loadImage, openImage, type PixelImage } from './image.ts';
import { MemoryBudget } from './memoryBudget.ts';
import { fitImage, toGrey, type ImageResize } from './preprocess.ts';

/** The number of images that are read at the same time. (libvips has its own threads.) */
const CONCURRENCY = 16;

/** The largest number of bytes that have been read from files but not decoded yet. */
const MAX_FILE_BYTES = 2 ** 28;

/** The largest number of pixels that are decoded at the same time; they take 300 MB. */
const MAX_DECODED = 1e8;

/**
 * The largest number of pixels of an image if no shape is given. For larger images, such as
 * photographs, a shape is required.
 */
const MAX_PIXELS = 2 ** 22;

/**
 * The largest number of bytes of all images together. It is the size of the largest array in Node
 * 20.
 */
const MAX_BYTES = 2 ** 32;

/** The options of `readImages`. */
export interface ReadImagesOptions {
  /** The shape of each image; by default that of the first image, which all must then have. */
  readonly shape?: readonly number[] | undefined;
  /** How images are resized to `shape`; by default whole, by bilinear interpolation. */
  readonly resize?: ImageResize | undefined;
  /** Changes an image after it has been decoded, before it is resized. */
  readonly change?: (image: PixelImage, bytes: Uint8Array, file: string) => PixelImage;
}

/**
 * Reads images, and resizes them to `shape` if it is given; otherwise all images must have the size
 * of the first. In addition to the result, less than a gigabyte of memory is needed for any number
 * and size of images.
 *
 * Errors: those of `loadImage`, with the path of the file; more than 4 GiB of pixels; a missing
 *         shape if images have more than 2^22 pixels.
 * @param name the name of the dataset, for messages.
 */
export async function readImages(
  name: string,
  files: readonly string[],
  { shape, resize = {}, change = (image) => image }: ReadImagesOptions = {},
): Promise<{ readonly inputs: Uint8Array; readonly inputShape: readonly number[] }> {
  const inputShape = shape === undefined ? await shapeOf(files[0]) : checkedShape(shape);
  const [height, width, channels] = inputShape;
  const size = height * width * channels;
  const inputs = reserve(name, files.length, inputShape);
  const [fileBytes, pixels] = [new MemoryBudget(MAX_FILE_BYTES), new MemoryBudget(MAX_DECODED)];
  const read = (file: string, example: number) =>
    withRegularFile(file, (opened) =>
      fileBytes.use(opened.size, async () => {
        const bytes = await opened.read();
        const image = await openImage(bytes, file);
        // A reduced image would not have the proportions that a shorter side keeps.
        const isWhole = resize.shorterSide === undefined && resize.interpolation !== 'nearest';
        const least = shape && isWhole ? ([height, width] as const) : undefined;
        await pixels.use(image.pixels, async () => {
          const decoded = change(await image.decode(least), bytes, file);
          if (shape === undefined) checkSize(file, decoded, inputShape);
          inputs.set(fit(decoded, inputShape, resize).data, example * size);
        });
      }),
    );
  await inParallel(files, read);
  return { inputs, inputShape };
}

async function shapeOf(file: string): Promise<readonly number[]> {
  const { height, width, channels } = await loadImage(file);
  if (height * width <= MAX_PIXELS) return [height, width, channels];
  throw new InputError(
    `${file}: expected a shape to resize to (--shape) for an image of ${height}x${width} pixels, ` +
      `because an input may have at most ${MAX_PIXELS} pixels, got none`,
  );
}

function checkedShape(shape: readonly number[]): readonly number[] {
  const [, , channels] = shape;
  if (shape.length !== 3 || !shape.every((size) => Number.isSafeInteger(size) && size >= 1)) {
    throw new InputError(
      `expected a shape [height, width, channels] of integers of at least 1 for images, ` +
        `got ${show(shape)}`,
    );
  }
  if (channels === 1 || channels === 3) return shape;
  throw new InputError(`expected a shape of 1 or 3 channels for images, got ${channels}`);
}

function reserve(name: string, examples: number, shape: readonly number[]): Uint8Array {
  const bytes = shape.reduce((product, size) => product * size, examples);
  if (bytes <= MAX_BYTES) return new Uint8Array(bytes);
  throw new InputError(
    `${name}: expected at most 4 GiB of images, got ${examples} of shape ${show(shape)}, ` +
      `${(bytes / 2 ** 30).toFixed(1)} GiB; set a smaller shape`,
  );
}

function checkSize(file: string, image: PixelImage, [height, width]: readonly number[]): void {
  if (image.height === height && image.width === width) return;
  const got = `${image.height}x${image.width}`;
  throw new InputError(
    `${file}: expected ${height}x${width} pixels like the first image, got ${got}; set a shape to resize to`,
  );
}

/** Resizes and converts an image to the given shape. */
function fit(
  image: PixelImage,
  [height, width, channels]: readonly number[],
  resize: ImageResize,
): PixelImage {
  const source = channels === 1 && image.channels === 3 ? toGrey(image) : image;
  return fitImage(source, height, width, resize);
}

/**
 * Runs a task for every item, several at the same time. The tasks start in the order of the items.
 */
async function inParallel<T>(
  items: readonly T[],
  task: (item: T, index: number) => Promise<void>,
): Promise<void> {
  const waiting = items.entries();
  let failed = false;
  const work = async () => {
    for (const [index, item] of waiting) {
      if (failed) return;
      try {
        await task(item, index);
      } catch (error) {
        failed = true;
        throw error;
      }
    }
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, work));
}
