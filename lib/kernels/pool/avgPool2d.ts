import { engine, getBackend, type Tensor4D } from '@tensorflow/tfjs-core';
import type { Geometry } from '../../geometry.ts';
import { mapImage, mapImageToInput, type ImageMap } from '../pad/axisMap.ts';
import { poolAttributes } from './maxPool2d.ts';
import { MAX_AVGPOOL_CHANNELS } from './maxAvgPoolChannels.ts';
import { windowMeans } from './windowMap.ts';

/**
 * The average of each window over its cells inside the input, or, with `countPadding`, inside the padded input, the
 * padding being 0: a number of rows times a number of columns, so an average along each axis makes it.
 */
export function avgPool2d(images: Tensor4D, geometry: Geometry, countPadding: boolean): Tensor4D {
  // wasm's own kernel, six times faster, never counts padding.
  const counts = countPadding && isPadded(geometry);
  if (getBackend() === 'wasm' && !counts && images.shape[3] <= MAX_AVGPOOL_CHANNELS) {
    return engine().runKernel('AvgPool', { x: images }, poolAttributes(geometry));
  }
  return mapImage(images, means(geometry, countPadding));
}

/** Its gradient divides by the same counts; tfjs's own divides by the whole window at a padded border. */
export function avgPool2dToInput(
  gradOutput: Tensor4D,
  geometry: Geometry,
  countPadding: boolean,
): Tensor4D {
  return mapImageToInput(gradOutput, means(geometry, countPadding));
}

function means({ height, width }: Geometry, countPadding: boolean): ImageMap {
  return { height: windowMeans(height, countPadding), width: windowMeans(width, countPadding) };
}

function isPadded({ height, width }: Geometry): boolean {
  return [height, width].some(({ before, after, overhang = 0 }) => before + after - overhang > 0);
}
