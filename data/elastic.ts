import { checkOptions } from '../lib/check.ts';
import { InputError, show } from '../lib/errors.ts';
import type { Rng } from '../lib/rng.ts';
import type { Augmentation } from './augment.ts';

/** The options of `elastic`. */
export interface ElasticOptions {
  /** α, the factor by which the smoothed displacements are multiplied; 34 by default. */
  readonly alpha?: number;
  /** σ of the Gaussian that smooths the displacements, in pixels; 4 by default. */
  readonly sigma?: number;
  /** The largest rotation, in degrees; 15 by default. */
  readonly rotation?: number;
  /** The largest change of size, as a fraction; 0.15 by default. */
  readonly zoom?: number;
}

/**
 * Returns an augmentation that distorts an image elastically, after a small random rotation by θ
 * and zoom by z around the middle m. The displacement d of each pixel p has two components. They
 * are drawn uniformly from −1 ... 1, and then smoothed by a Gaussian of width σ:
 *
 *   image'(p) = image(m + z R_θ (p − m) + α d(p)),  bilinear between pixels, 0 outside
 *
 * Errors: a sigma that is not above 0; another option that is negative or not finite; a zoom of 1
 *         or more; an unknown option.
 * Source: Simard, Steinkraus, Platt 2003, section 2.1: α = 34, σ = 4 for MNIST.
 *
 *     const { train } = await loadMnist();
 *     const augmented = augment(train, [elastic({ rotation: 10 })]);
 */
export function elastic(options: ElasticOptions = {}): Augmentation {
  checkOptions('elastic', options, ['alpha', 'sigma', 'rotation', 'zoom']);
  const { alpha = 34, sigma = 4, rotation = 15, zoom = 0.15 } = options;
  requireRange('alpha', alpha, alpha >= 0, 'of at least 0');
  requireRange('sigma', sigma, sigma > 0, 'above 0');
  requireRange('rotation', rotation, rotation >= 0, 'of at least 0');
  requireRange('zoom', zoom, zoom >= 0 && zoom < 1, 'from 0 to below 1');
  const window = gaussianWindow(sigma);
  return (image, [height, width, channels], rng) => {
    const [down, right] = [0, 1].map(() =>
      smooth(field(height * width, rng), height, width, window),
    );
    const angle = ((2 * rng.uniform() - 1) * rotation * Math.PI) / 180;
    const scale = 1 + (2 * rng.uniform() - 1) * zoom;
    const [cos, sin] = [scale * Math.cos(angle), scale * Math.sin(angle)];
    const [midRow, midColumn] = [(height - 1) / 2, (width - 1) / 2];
    const warped = new Float32Array(image.length);
    for (let row = 0; row < height; row++) {
      for (let column = 0; column < width; column++) {
        const at = row * width + column;
        const [y, x] = [row - midRow, column - midColumn];
        const fromRow = midRow + cos * y - sin * x + alpha * down[at];
        const fromColumn = midColumn + sin * y + cos * x + alpha * right[at];
        const [top, left] = [Math.floor(fromRow), Math.floor(fromColumn)];
        for (const [r, c] of [
          [top, left],
          [top, left + 1],
          [top + 1, left],
          [top + 1, left + 1],
        ]) {
          if (r < 0 || r >= height || c < 0 || c >= width) continue;
          const share = (1 - Math.abs(fromRow - r)) * (1 - Math.abs(fromColumn - c));
          for (let channel = 0; channel < channels; channel++) {
            warped[at * channels + channel] += share * image[(r * width + c) * channels + channel];
          }
        }
      }
    }
    return warped;
  };
}

function requireRange(name: string, value: number, fits: boolean, range: string): void {
  if (fits && Number.isFinite(value)) return;
  throw new InputError(
    `elastic: expected ${name} to be a finite number ${range}, got ${show(value)}`,
  );
}

function field(length: number, rng: Rng): Float32Array {
  return rng.fillUniforms(new Float32Array(length), -1, 1);
}

/** Returns exp(−x²/2σ²) at x = −3σ ... 3σ, scaled to a sum of 1. */
function gaussianWindow(sigma: number): Float64Array {
  const reach = Math.ceil(3 * sigma);
  const window = Float64Array.from({ length: 2 * reach + 1 }, (_, i) =>
    Math.exp(-((i - reach) ** 2) / (2 * sigma ** 2)),
  );
  const sum = window.reduce((total, weight) => total + weight, 0);
  return window.map((weight) => weight / sum);
}

/**
 * Convolves first the rows and then the columns with the window. Values outside the image are 0.
 */
function smooth(
  values: Float32Array,
  height: number,
  width: number,
  window: Float64Array,
): Float32Array {
  const reach = (window.length - 1) / 2;
  const along = (
    source: Float32Array,
    lines: number,
    size: number,
    step: number,
    stride: number,
  ) => {
    const result = new Float32Array(source.length);
    for (let line = 0; line < lines; line++) {
      for (let i = 0; i < size; i++) {
        let sum = 0;
        const last = Math.min(size - 1, i + reach);
        for (let j = Math.max(0, i - reach); j <= last; j++)
          sum += window[j - i + reach] * source[line * stride + j * step];
        result[line * stride + i * step] = sum;
      }
    }
    return result;
  };
  return along(along(values, height, width, 1, width), width, height, width, 1);
}
