import { InputError, show } from '../lib/errors.ts';
import type { PixelImage } from './image.ts';

/**
 * Resizes an image. Each new pixel i is a weighted mean of old pixels x. The weights are a triangle
 * of half-width s around the centre c_i:
 *
 *   out[i] = Σ_x w(x − c_i) in[x] / Σ_x w(x − c_i)
 *   w(d) = max(0, 1 − |d|/s),  c_i = (i + ½) n/n' − ½
 *
 * The mean is computed along the rows, rounded to bytes, and then computed along the columns. If
 * the image shrinks from n to n' pixels, s is n/n': every old pixel counts, and there is no
 * aliasing. Otherwise s is 1, which is linear interpolation.
 *
 * Errors: a height or width that is not an integer of at least 1.
 * Source: Pillow's `resize` with the filter BILINEAR, which was used to train the published
 *          weights.
 *
 *     const small = resizeImage(await loadImage('cat.jpg'), 224, 224);
 *     small.data.length; // 224 · 224 · 3
 */
export function resizeImage(image: PixelImage, height: number, width: number): PixelImage {
  if (![height, width].every((size) => Number.isSafeInteger(size) && size >= 1)) {
    throw new InputError(
      `resizeImage: expected a height and width that are integers of at least 1, ` +
        `got ${show([height, width])}`,
    );
  }
  return resizeRows(resizeColumns(image, width), height);
}

/** The input pixels, with their weights, whose sum is one output pixel along one axis. */
interface TriangleWindow {
  readonly first: number;
  readonly weights: Float64Array;
}

function triangleWindows(input: number, output: number): TriangleWindow[] {
  const scale = input / output;
  const reach = Math.max(scale, 1);
  return Array.from({ length: output }, (_, i) => {
    const center = (i + 0.5) * scale - 0.5;
    const first = Math.max(Math.ceil(center - reach), 0);
    const last = Math.min(Math.floor(center + reach), input - 1);
    const weights = Float64Array.from({ length: last - first + 1 }, (_, x) =>
      Math.max(1 - Math.abs(first + x - center) / reach, 0),
    );
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    return { first, weights: weights.map((weight) => weight / total) };
  });
}

function resizeColumns(
  { height, width, channels, data }: PixelImage,
  newWidth: number,
): PixelImage {
  const result = new Uint8Array(height * newWidth * channels);
  const columns = triangleWindows(width, newWidth);
  for (let y = 0; y < height; y++) {
    const row = y * width * channels;
    for (let x = 0; x < newWidth; x++) {
      const { first, weights } = columns[x];
      for (let c = 0; c < channels; c++) {
        let sum = 0.5;
        for (let k = 0, at = row + first * channels + c; k < weights.length; k++, at += channels) {
          sum += weights[k] * data[at];
        }
        result[(y * newWidth + x) * channels + c] = sum;
      }
    }
  }
  return { height, width: newWidth, channels, data: result };
}

function resizeRows({ height, width, channels, data }: PixelImage, newHeight: number): PixelImage {
  const line = width * channels;
  const result = new Uint8Array(newHeight * line);
  const sums = new Float64Array(line);
  triangleWindows(height, newHeight).forEach(({ first, weights }, y) => {
    sums.fill(0.5);
    weights.forEach((weight, k) => {
      const at = (first + k) * line;
      for (let i = 0; i < line; i++) sums[i] += weight * data[at + i];
    });
    result.set(sums, y * line);
  });
  return { height: newHeight, width, channels, data: result };
}
