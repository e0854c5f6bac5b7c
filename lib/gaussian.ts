import { checkPositive, nameOf } from './check.ts';
import { BoxError, show } from './errors.ts';
import { pair, type Pair } from './geometry.ts';

export interface GaussianOptions {
  /** The window's cells, odd so that it has a middle; 7 by default, as in the lecture. */
  readonly kernelSize?: Pair;
  /** The standard deviation in pixels; a quarter of the window by default. */
  readonly sigma?: number;
}

/** A Gaussian window, per axis: exp(−p²/2σ²) at p = −r ... r, r = (kernelSize − 1)/2. */
export interface Gaussian {
  readonly kernelSize: readonly [number, number];
  readonly sigma: readonly [number, number];
}

/** Reads the window of a box, refusing what has no middle or no width. */
export function gaussianOf(box: object, { kernelSize = 7, sigma }: GaussianOptions): Gaussian {
  const [height, width] = pair(box, 'kernelSize', kernelSize);
  if (height % 2 === 0 || width % 2 === 0) {
    throw new BoxError([nameOf(box)], `expected kernelSize to be odd, got ${show(kernelSize)}`);
  }
  if (sigma !== undefined) checkPositive(box, 'sigma', sigma);
  return { kernelSize: [height, width], sigma: [sigma ?? height / 4, sigma ?? width / 4] };
}
