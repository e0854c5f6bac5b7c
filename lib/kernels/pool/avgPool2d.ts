import { engine, type Tensor4D } from '@tensorflow/tfjs-core';
import type { Geometry } from '../../geometry.ts';
import { disposeTensors } from '../../memory.ts';
import { forBackend, type ByBackend } from '../backends/select.ts';
import { simd } from '../simd/current.ts';
import { mapImage, mapImageToInput, type ImageMap } from '../pad/axisMap.ts';
import { surelyFinite } from '../reduce/surelyFinite.ts';
import type { AvgPool2dKernels } from './avgPool2dKernels.ts';
import { MAX_AVGPOOL_CHANNELS, poolAttributes } from './poolAttributes.ts';
import { windowMeans } from './windowMap.ts';

const inMaps: AvgPool2dKernels = {
  forward: (images, geometry, countPadding) => mapImage(images, means(geometry, countPadding)),
  toInput: (gradOutput, geometry, countPadding) =>
    mapImageToInput(gradOutput, means(geometry, countPadding)),
};

const KERNELS: ByBackend<AvgPool2dKernels> = {
  wasm: { forward: onWasm, toInput: inMaps.toInput },
  get wasmSimd() {
    return simd()?.avgPool2d;
  },
  other: inMaps,
};

/**
 * Returns the average of each window over its cells inside the input or, with `countPadding`,
 * inside the padded input, whose padding is 0. These cells form a rectangle, so the result is an
 * average along one axis followed by an average along the other.
 *
 * Shapes: images [N, H, W, C]; output [N, H_out, W_out, C].
 */
export function avgPool2d(images: Tensor4D, geometry: Geometry, countPadding: boolean): Tensor4D {
  return forBackend(KERNELS).forward(images, geometry, countPadding);
}

/**
 * Computes the gradient of `avgPool2d`, which divides by the same counts. tfjs's own gradient
 * divides by the size of the whole window at a padded border, which is wrong.
 */
export function avgPool2dToInput(
  gradOutput: Tensor4D,
  geometry: Geometry,
  countPadding: boolean,
): Tensor4D {
  return forBackend(KERNELS).toInput(gradOutput, geometry, countPadding);
}

/** wasm's own kernel is six times as fast as the maps, but it never counts padding. */
function onWasm(images: Tensor4D, geometry: Geometry, countPadding: boolean): Tensor4D {
  const counts = countPadding && isPadded(geometry);
  if (!counts && images.shape[3] <= MAX_AVGPOOL_CHANNELS) {
    const output: Tensor4D = engine().runKernel('AvgPool', { x: images }, poolAttributes(geometry));
    // wasm's own kernel turns a NaN into −∞.
    if (surelyFinite(output)) return output;
    disposeTensors(output);
  }
  return inMaps.forward(images, geometry, countPadding);
}

function means({ height, width }: Geometry, countPadding: boolean): ImageMap {
  return { height: windowMeans(height, countPadding), width: windowMeans(width, countPadding) };
}

function isPadded({ height, width }: Geometry): boolean {
  return [height, width].some(({ before, after, overhang = 0 }) => before + after - overhang > 0);
}
