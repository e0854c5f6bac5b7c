import { checkPositiveFloat, nameOf } from './check.ts';
import { BoxError, show } from './errors.ts';
import type { Facts, Shape } from './facts.ts';
import { axisGeometry, pair, type Pair } from './geometry.ts';
import { allPositions, sameShape, slidingAxis } from './window.ts';

/** The options of a box with a Gaussian window. */
export interface GaussianOptions {
  /** The size of the window in pixels, which must be odd; 7 by default, as in the lecture. */
  readonly kernelSize?: Pair;
  /** The standard deviation in pixels; a quarter of the window by default. */
  readonly sigma?: number;
}

/** A Gaussian window, per axis: exp(−p²/2σ²) at p = −r ... r, r = (kernelSize − 1)/2. */
export interface Gaussian {
  /** The number of pixels, 2r + 1, per axis. */
  readonly kernelSize: readonly [number, number];
  /** σ in pixels, per axis. */
  readonly sigma: readonly [number, number];
}

/**
 * Returns the window that a box's options describe. Throws for an even size, which has no middle
 * pixel, and for an invalid σ.
 */
export function gaussianOf(box: object, { kernelSize = 7, sigma }: GaussianOptions): Gaussian {
  const [height, width] = pair(box, 'kernelSize', kernelSize);
  if (height % 2 === 0 || width % 2 === 0) {
    throw new BoxError([nameOf(box)], `expected kernelSize to be odd, got ${show(kernelSize)}`);
  }
  if (sigma !== undefined) checkPositiveFloat(box, 'sigma', sigma);
  return { kernelSize: [height, width], sigma: [sigma ?? height / 4, sigma ?? width / 4] };
}

/**
 * Returns the facts of a box that normalizes each pixel over a window of this size and all
 * channels.
 */
export function localNormFacts(shape: Shape, kernelSize: readonly [number, number]): Facts {
  const [, height, width, channels] = shape;
  const axes = [
    axisGeometry(height, kernelSize[0], 1, 1, 'same'),
    axisGeometry(width, kernelSize[1], 1, 1, 'same'),
  ];
  return sameShape(shape, {
    axes: axes.map((axis) => slidingAxis(axis)),
    channels: allPositions(channels),
  });
}
