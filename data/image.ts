import { InputError } from '../lib/errors.ts';
import { readBytes } from '../lib/files/readFile.ts';
import { loadSharp } from './loadSharp.ts';

/** An image of bytes, row by row: `data[(y * width + x) * channels + c]`. */
export interface PixelImage {
  /** The number of rows. */
  readonly height: number;
  /** The number of columns. */
  readonly width: number;
  /** 3 for red, green and blue; 1 for grey. */
  readonly channels: 1 | 3;
  /** The values of the pixels. */
  readonly data: Uint8Array;
}

/** The limit: a file of a few bytes can claim any size, and more would need a gigabyte. */
const MAX_PIXELS = 1e8;

/**
 * Reads a PNG or JPEG file as red, green and blue bytes of sRGB: any depth, palette, greys,
 * progressive, CMYK. The EXIF tag turns the image upright; transparent pixels get a white
 * background.
 *
 * The decoder is `sharp`, an optional package: libvips with the same libjpeg and libpng that read
 * the images of published networks, so the bytes are the same. Decoders in plain JavaScript repeat
 * the colours of a JPEG where libjpeg interpolates them: up to 65 grey levels off at an edge.
 *
 * Errors: a file that cannot be read, is not PNG or JPEG, is damaged or truncated, or has more than
 *         100 million pixels; a missing package sharp.
 *
 *     const image = await loadImage('cat.jpg');
 *     const input = preprocess(image, [224, 224, 3], PREPROCESSINGS.torchvision);
 */
export async function loadImage(file: string): Promise<PixelImage> {
  return decodeImage(await readBytes(file), file);
}

/**
 * Decodes the bytes of a PNG or JPEG file; see `loadImage`.
 *
 * Errors: those of `loadImage`.
 * @param name the name of the file, for messages.
 *
 *     const image = await decodeImage(bytes, 'cat.jpg');
 *     [image.height, image.width];
 */
export async function decodeImage(bytes: Uint8Array, name: string): Promise<PixelImage> {
  // The decoder knows more formats, and some of them can refer to other files.
  if (!FORMATS.some((magic) => magic.every((byte, i) => bytes[i] === byte))) {
    throw new InputError(`${name}: expected a PNG or JPEG image, got other bytes`);
  }
  const sharp = await loadSharp();
  try {
    const { data, info } = await sharp(bytes, { limitInputPixels: MAX_PIXELS, failOn: 'truncated' })
      .autoOrient()
      .flatten({ background: 'white' })
      .toColourspace('srgb')
      .raw({ depth: 'uchar' })
      .toBuffer({ resolveWithObject: true });
    if (info.channels !== 3) throw new Error(`3 channels of sRGB, got ${info.channels}`);
    return { height: info.height, width: info.width, channels: 3, data: new Uint8Array(data) };
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error);
    throw new InputError(`${name}: expected a whole image: ${problem}`, {
      cause: error,
    });
  }
}

const FORMATS = [
  [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a],
  [0xff, 0xd8, 0xff],
];
