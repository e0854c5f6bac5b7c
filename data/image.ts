import { readFile } from 'node:fs/promises';
import type Sharp from 'sharp';
import { InputError } from '../lib/errors.ts';
import { systemCode, systemProblem } from '../lib/files/systemError.ts';

/** An image of bytes, row by row: `data[(y · width + x) · channels + c]`. */
export interface PixelImage {
  readonly height: number;
  readonly width: number;
  /** 3: red, green and blue; 1: grey. */
  readonly channels: 1 | 3;
  readonly data: Uint8Array;
}

/** More would need a gigabyte for one image; a file of a few bytes can claim any size. */
const MAX_PIXELS = 1e8;

/**
 * Reads a PNG or JPEG file as red, green and blue bytes of sRGB: any depth, palette, greys, progressive, CMYK. The
 * picture is turned upright by its EXIF tag, and what is transparent stands before white.
 *
 * The decoder is `sharp`, an optional package: libvips with the libjpeg and libpng that the images of published
 * networks were read by, so the same bytes come out. The decoders in plain JavaScript double the colours of a JPEG
 * where libjpeg interpolates them, up to 65 grey levels off at an edge.
 *
 * Errors: a file that cannot be read, is no PNG or JPEG, is damaged or cut short, or has more than 100 million pixels;
 *         sharp not being installed.
 */
export async function loadImage(file: string): Promise<PixelImage> {
  const bytes = await readFile(file).catch((error: unknown) => {
    throw new InputError(`${file}: cannot be read: ${systemProblem(error)}`, { cause: error });
  });
  return decodeImage(bytes, file);
}

/** @param name what errors call the file. */
export async function decodeImage(bytes: Uint8Array, name: string): Promise<PixelImage> {
  // The decoder knows many formats; some of them can name other files.
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
    throw new InputError(`${name}: expected a whole image: ${problem.replace(/\s*\n\s*/g, ', ')}`, {
      cause: error,
    });
  }
}

const FORMATS = [
  [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a],
  [0xff, 0xd8, 0xff],
];

/** Errors: the package not being installed. */
export async function loadSharp(): Promise<typeof Sharp> {
  try {
    return (await import('sharp')).default;
  } catch (error) {
    if (systemCode(error) !== 'ERR_MODULE_NOT_FOUND') throw error;
    throw new InputError(
      'images are decoded by the package sharp, which is missing: npm install sharp',
    );
  }
}
