import { InputError, show } from '../lib/errors.ts';
import type { PixelImage } from './image.ts';

/** The name of a filter of `resizeImage`. */
export type Interpolation = 'bilinear' | 'bicubic' | 'nearest';

/**
 * Resizes an image. Each new pixel i is a weighted mean of old pixels x, by a filter f that is
 * stretched by s around the centre c_i:
 *
 *   out[i] = Σ_x f((x − c_i)/s) in[x] / Σ_x f((x − c_i)/s),  c_i = (i + ½) n/n' − ½
 *   bilinear   f(d) = max(0, 1 − |d|)
 *   bicubic    f(d) = 1.5 |d|³ − 2.5 |d|² + 1 for |d| < 1,
 *              f(d) = −0.5 |d|³ + 2.5 |d|² − 4 |d| + 2 for 1 ≤ |d| < 2, otherwise 0
 *
 * The mean is computed along the rows, rounded to bytes, and then computed along the columns. If
 * the image shrinks from n to n' pixels, s is n/n': every old pixel counts, and there is no
 * aliasing. Otherwise s is 1. `nearest` takes the old pixel ⌊(i + ½) n/n'⌋.
 *
 * Errors: a height or width that is not an integer of at least 1; an unknown filter.
 * Source: Pillow's `resize` with the filters BILINEAR, which was used to train the published
 *          weights, BICUBIC and NEAREST; Keys 1981, IEEE Trans. ASSP 29, with a = −½.
 *
 *     const small = resizeImage(await loadImage('cat.jpg'), 224, 224);
 *     small.data.length; // 224 · 224 · 3
 */
export function resizeImage(
  image: PixelImage,
  height: number,
  width: number,
  interpolation: Interpolation = 'bilinear',
): PixelImage {
  if (![height, width].every((size) => Number.isSafeInteger(size) && size >= 1)) {
    throw new InputError(
      `resizeImage: expected a height and width that are integers of at least 1, ` +
        `got ${show([height, width])}`,
    );
  }
  if (interpolation !== 'nearest' && !Object.hasOwn(FILTERS, interpolation)) {
    throw new InputError(
      `resizeImage: expected bilinear, bicubic or nearest, got ${show(interpolation)}`,
    );
  }
  const windowsOf = interpolation === 'nearest' ? nearest : filtered(FILTERS[interpolation]);
  return resizeRows(
    resizeColumns(image, windowsOf(image.width, width)),
    windowsOf(image.height, height),
  );
}

/** A function of the distance to the centre, which is 0 beyond `reach`. */
interface Filter {
  readonly reach: number;
  readonly weight: (distance: number) => number;
}

const FILTERS: Readonly<Record<Exclude<Interpolation, 'nearest'>, Filter>> = {
  bilinear: { reach: 1, weight: (d) => Math.max(1 - d, 0) },
  bicubic: {
    reach: 2,
    weight: (d) => (d < 1 ? (1.5 * d - 2.5) * d * d + 1 : ((-0.5 * d + 2.5) * d - 4) * d + 2),
  },
};

/** The input pixels, with their weights, whose sum is one output pixel along one axis. */
interface Window {
  readonly first: number;
  readonly weights: Float64Array;
}

const filtered =
  ({ reach, weight }: Filter) =>
  (input: number, output: number): Window[] => {
    const scale = input / output;
    const stretch = Math.max(scale, 1);
    return Array.from({ length: output }, (_, i) => {
      const center = (i + 0.5) * scale - 0.5;
      const first = Math.max(Math.ceil(center - reach * stretch), 0);
      const last = Math.min(Math.floor(center + reach * stretch), input - 1);
      const weights = Float64Array.from({ length: last - first + 1 }, (_, x) =>
        weight(Math.min(Math.abs(first + x - center) / stretch, reach)),
      );
      const total = weights.reduce((sum, one) => sum + one, 0);
      return { first, weights: weights.map((one) => one / total) };
    });
  };

function nearest(input: number, output: number): Window[] {
  const scale = input / output;
  // Pillow adds up the positions, and their rounding decides which pixel is nearest at a tie.
  let position = scale / 2;
  return Array.from({ length: output }, () => {
    const first = Math.min(Math.floor(position), input - 1);
    position += scale;
    return { first, weights: Float64Array.of(1) };
  });
}

function resizeColumns(
  { height, width, channels, data }: PixelImage,
  columns: readonly Window[],
): PixelImage {
  const newWidth = columns.length;
  const result = new Uint8Array(height * newWidth * channels);
  for (let y = 0; y < height; y++) {
    const row = y * width * channels;
    for (let x = 0; x < newWidth; x++) {
      const { first, weights } = columns[x];
      for (let c = 0; c < channels; c++) {
        let sum = 0;
        for (let k = 0, at = row + first * channels + c; k < weights.length; k++, at += channels) {
          sum += weights[k] * data[at];
        }
        result[(y * newWidth + x) * channels + c] = rounded(sum);
      }
    }
  }
  return { height, width: newWidth, channels, data: result };
}

function resizeRows({ width, channels, data }: PixelImage, rows: readonly Window[]): PixelImage {
  const line = width * channels;
  const newHeight = rows.length;
  const result = new Uint8Array(newHeight * line);
  const sums = new Float64Array(line);
  rows.forEach(({ first, weights }, y) => {
    sums.fill(0);
    weights.forEach((weight, k) => {
      const at = (first + k) * line;
      for (let i = 0; i < line; i++) sums[i] += weight * data[at + i];
    });
    result.set(sums.map(rounded), y * line);
  });
  return { height: newHeight, width, channels, data: result };
}

/**
 * Returns a sum plus a half, for an array of bytes, which cuts fractions off. The sums of a cubic
 * filter may leave the range of bytes.
 */
function rounded(sum: number): number {
  return Math.min(Math.max(sum, 0), 255) + 0.5;
}
