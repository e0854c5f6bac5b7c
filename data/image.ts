import type { Sharp } from 'sharp';
import { InputError, messageOf } from '../lib/errors.ts';
import { readRegularFile } from '../lib/files/regularFile.ts';
import { imageFormat, quickHeader, type ImageFormat } from './imageHeader.ts';
import { loadSharp } from './loadSharp.ts';

/** An image whose values are bytes, row by row: `data[(y * width + x) * channels + c]`. */
export interface PixelImage {
  /** The number of rows. */
  readonly height: number;
  /** The number of columns. */
  readonly width: number;
  /** The number of channels: 3 for red, green and blue, or 1 for grey. */
  readonly channels: 1 | 3;
  /** The values of the pixels. */
  readonly data: Uint8Array;
}

/**
 * The largest number of pixels of an image. A file of a few bytes can claim any size, and more
 * pixels would need more than a gigabyte.
 */
const MAX_PIXELS = 1e8;

/** If an image has more pixels than this and fewer are needed, the decoder reduces it. */
const MAX_EXACT_PIXELS = 1.6e7;

/**
 * The decoder reduces an image to this multiple of the needed height and width. Afterwards the
 * image is resized exactly.
 */
const REDUCING_GAP = 4;

/**
 * Reads a PNG, JPEG, WebP, TIFF or GIF file as red, green and blue bytes. The file may have a
 * palette, be grey, or be progressive; if it has several pages, the first page is read. The result
 * is the same as that of Pillow's `Image.open(file).convert('RGB')`, with which torchvision reads
 * images for published networks:
 *
 * - A colour profile (Adobe RGB, Display P3) is ignored.
 * - CMYK is converted by R = (255 − C)(255 − K) / 255, and in the same way for G and B.
 *
 * In three cases the result differs from Pillow's and is better:
 *
 * - The image is rotated as its EXIF tag says.
 * - Transparent pixels get a white background. Pillow ignores the transparency, and shows whatever
 *   colour the pixel has.
 * - For images with 16 bits per value, the upper 8 bits are used. Pillow converts grey 16-bit
 *   images to white.
 *
 * The decoder is the optional package `sharp`, whose libjpeg and libpng give the same bytes as
 * Pillow. Decoders in plain JavaScript do not interpolate the colours of a JPEG as libjpeg does,
 * but repeat them. This gives errors of up to 65 grey levels at edges.
 *
 * Errors: a path that is not a regular file, or cannot be read; a file in another format, damaged
 *         or truncated; more than 100 million pixels; a missing package sharp.
 *
 *     const image = await loadImage('cat.jpg');
 *     const input = preprocess(image, [224, 224, 3], PREPROCESSINGS.torchvision);
 */
export async function loadImage(file: string): Promise<PixelImage> {
  return decodeImage(await readRegularFile(file), file);
}

/**
 * Decodes the bytes of an image file in the same way as `loadImage`.
 *
 * Errors: those of `loadImage`.
 * @param name the name of the file, for messages.
 *
 *     const image = await decodeImage(bytes, 'cat.jpg');
 *     [image.height, image.width];
 */
export async function decodeImage(bytes: Uint8Array, name: string): Promise<PixelImage> {
  return (await openImage(bytes, name)).decode();
}

/** An image of which only the header has been read. */
export interface OpenedImage {
  /** The number of pixels that will be in memory. */
  readonly pixels: number;
  /**
   * Decodes the image.
   *
   * @param size the height and width to which the image will be resized. The decoder reduces an
   *   image of more than 16 million pixels to four times this size, which needs a fraction of the
   *   memory. Each value of the resized image may then differ by one or two grey levels.
   */
  decode(size?: readonly [height: number, width: number]): Promise<PixelImage>;
}

/** Reads the header of an image. Errors: those of `decodeImage`. */
export async function openImage(bytes: Uint8Array, name: string): Promise<OpenedImage> {
  const format = imageFormat(bytes, name);
  const sharp = await loadSharp();
  const image = sharp(bytes, {
    limitInputPixels: MAX_PIXELS,
    failOn: 'truncated',
    ignoreIcc: true,
  });
  const { height, width, cmyk } = await decoding(name, () => header(bytes, format, image));
  const pixels = height * width;
  if (pixels > MAX_PIXELS) {
    throw new InputError(
      `${name}: expected at most ${MAX_PIXELS / 1e6} million pixels, got ${height}x${width}`,
    );
  }
  const decode = (size?: readonly [number, number]) =>
    decoding(name, async () => {
      image.autoOrient();
      if (size !== undefined && pixels > MAX_EXACT_PIXELS) await reduce(image, size);
      return cmyk ? decodeCmyk(image) : decodeRgb(image);
    });
  return { pixels, decode };
}

async function header(bytes: Uint8Array, format: ImageFormat, image: Sharp) {
  const quick = quickHeader(bytes, format);
  if (quick !== undefined) return { ...quick, cmyk: format === 'JPEG' && quick.channels === 4 };
  const { height, width, depth, space } = await image.metadata();
  if (format === 'TIFF' && !(SPACES.includes(space) && DEPTHS.includes(depth))) {
    throw new Error(`8 or 16 bits of grey, RGB or CMYK, got ${depth} of ${space}`);
  }
  return { height, width, cmyk: space === 'cmyk' };
}

/**
 * The colour spaces and depths that are accepted in a TIFF file. Other files, such as
 * floating-point elevation data, are not images to look at.
 */
const SPACES = ['b-w', 'srgb', 'cmyk', 'grey16', 'rgb16'];
const DEPTHS = ['uchar', 'ushort'];

async function reduce(image: Sharp, [height, width]: readonly [number, number]): Promise<void> {
  const { autoOrient: upright } = await image.metadata();
  image.resize({
    height: Math.min(upright.height, REDUCING_GAP * height),
    width: Math.min(upright.width, REDUCING_GAP * width),
    fit: 'fill',
    kernel: 'linear',
  });
}

async function decodeRgb(image: Sharp): Promise<PixelImage> {
  const { data, info } = await image
    .flatten({ background: 'white' })
    .toColourspace('srgb')
    .raw({ depth: 'uchar' })
    .toBuffer({ resolveWithObject: true });
  if (info.channels !== 3) throw new Error(`3 channels of RGB, got ${info.channels}`);
  return { height: info.height, width: info.width, channels: 3, data };
}

/**
 * Decodes a CMYK image without the decoder's own conversion, which would use a colour profile for
 * printing.
 */
async function decodeCmyk(image: Sharp): Promise<PixelImage> {
  const { data: inks, info } = await image
    .pipelineColourspace('cmyk')
    .toColourspace('cmyk')
    .raw({ depth: 'uchar' })
    .toBuffer({ resolveWithObject: true });
  const { height, width, channels } = info;
  if (channels !== 4) throw new Error(`4 channels of CMYK, got ${channels}`);
  const data = new Uint8Array(height * width * 3);
  for (let pixel = 0; pixel < height * width; pixel++) {
    const light = 255 - inks[4 * pixel + 3];
    for (let c = 0; c < 3; c++) {
      data[3 * pixel + c] = light - Math.round((inks[4 * pixel + c] * light) / 255);
    }
  }
  return { height, width, channels: 3, data };
}

/** Runs the decoder. If it throws, the error is converted to an `InputError`. */
async function decoding<T>(name: string, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    const problem = messageOf(error);
    throw new InputError(`${name}: expected a whole image: ${problem}`, { cause: error });
  }
}
