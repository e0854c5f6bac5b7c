import { InputError } from '../lib/errors.ts';
import type { PixelImage } from './image.ts';
import { imageFormat } from './imageHeader.ts';

/** The colour types of a PNG file that can hold labels. */
const [GREY, PALETTE] = [0, 3];

/**
 * Returns an image of labels, one per pixel, as an image of one channel: the grey values as the
 * file stores them, or for a file with a palette the numbers of its colours, as in the
 * segmentations of Pascal VOC.
 *
 * Errors: a file that is not PNG, because JPEG would change the labels; more than 8 bits per pixel;
 *         colours without a palette.
 * Source: PNG (ISO/IEC 15948), 11.2.2 and 11.2.3.
 * @param image the decoded image.
 * @param bytes the bytes of its file.
 */
export function labelImage(image: PixelImage, bytes: Uint8Array, file: string): PixelImage {
  const format = imageFormat(bytes, file);
  if (format !== 'PNG') {
    throw new InputError(
      `${file}: expected labels in a PNG file, which keeps them exactly, got ${format}`,
    );
  }
  const [bits, type] = [bytes[24], bytes[25]];
  if (bits > 8) throw new InputError(`${file}: expected labels of at most 8 bits, got ${bits}`);
  const { height, width, channels, data } = image;
  const labels = new Uint8Array(height * width);
  const colours = type === PALETTE ? palette(bytes) : undefined;
  for (let i = 0; i < labels.length; i++) {
    const at = channels * i;
    const [r, g, b] = channels === 1 ? [data[at], data[at], data[at]] : data.subarray(at, at + 3);
    // A file of 1, 2 or 4 bits is decoded to grey values from 0 to 255.
    const grey = r === g && g === b && colours === undefined;
    const label = grey
      ? type === GREY
        ? (r * (2 ** bits - 1)) / 255
        : r
      : colours?.get(key(r, g, b));
    if (label === undefined) {
      throw new InputError(
        `${file}: expected a grey image, or one with a palette, whose values are labels, got the colour (${r}, ${g}, ${b})`,
      );
    }
    labels[i] = label;
  }
  return { height, width, channels: 1, data: labels };
}

/** Returns the number of each colour of a palette; the first one of equal colours. */
function palette(bytes: Uint8Array): Map<number, number> {
  const colours = new Map<number, number>();
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  for (let at = 8; at + 8 <= bytes.length; at += 12 + view.getUint32(at)) {
    if (view.getUint32(at + 4) !== PLTE) continue;
    const end = Math.min(bytes.length, at + 8 + view.getUint32(at));
    for (let rgb = at + 8, k = 0; rgb + 3 <= end; rgb += 3, k++) {
      const colour = key(bytes[rgb], bytes[rgb + 1], bytes[rgb + 2]);
      if (!colours.has(colour)) colours.set(colour, k);
    }
    break;
  }
  return colours;
}

/** The name of the chunk of a palette, `PLTE`. */
const PLTE = 0x504c5445;

function key(red: number, green: number, blue: number): number {
  return (red << 16) | (green << 8) | blue;
}
