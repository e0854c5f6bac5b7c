import type { ArrayDatasetOptions } from './dataset.ts';

const DIGITS = '0123456789';
const CAPITALS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ';
/** The lower-case letters whose shape differs from that of their capitals. */
const UNLIKE_CAPITALS = 'abdefghnqrt';

/** The classes of each part of EMNIST, one character per class, in the order of their labels. */
export const EMNIST_CLASSES = {
  balanced: DIGITS + CAPITALS + UNLIKE_CAPITALS,
  bymerge: DIGITS + CAPITALS + UNLIKE_CAPITALS,
  byclass: DIGITS + CAPITALS + CAPITALS.toLowerCase(),
  letters: CAPITALS,
  digits: DIGITS,
  mnist: DIGITS,
} as const;

/** The name of a part of EMNIST. */
export type EmnistPart = keyof typeof EMNIST_CLASSES;

/** The parts of EMNIST. */
export const EMNIST_PARTS = Object.keys(EMNIST_CLASSES) as readonly EmnistPart[];

/** Returns the label that the files use for the first class: 1 for `letters`, otherwise 0. */
export const firstLabel = (part: EmnistPart): number => (part === 'letters' ? 1 : 0);

/**
 * Swaps the axes of every image, because EMNIST's files store images column by column. Without
 * this, the letters would be mirrored and rotated by 90 degrees.
 *
 * Source: Cohen, Afshar, Tapson, van Schaik, "EMNIST: an extension of MNIST to handwritten
 *         letters", 2017.
 */
export function transposeImages(
  images: Uint8Array,
  [examples, height, width]: readonly number[],
): Pick<ArrayDatasetOptions, 'inputs' | 'inputShape'> {
  const inputs = new Uint8Array(images.length);
  for (let example = 0; example < examples; example++) {
    const start = example * height * width;
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++)
        inputs[start + x * height + y] = images[start + y * width + x];
    }
  }
  return { inputs, inputShape: [width, height, 1] };
}
