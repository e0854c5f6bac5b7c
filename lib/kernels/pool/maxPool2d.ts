import { tidy, type Tensor, type Tensor4D } from '@tensorflow/tfjs-core';
import type { Geometry } from '../../geometry.ts';
import { forBackend, type ByBackend } from '../backends/select.ts';
import { simd } from '../simd/current.ts';
import { host } from './maxPool2dHost.ts';
import type { MaxPool2dKernels, MaxPooled } from './maxPool2dKernels.ts';
import { webgl, webgpu } from './maxPool2dOnCards.ts';
import { tensorflow } from './maxPool2dTensorflow.ts';
import { tfjs } from './maxPool2dTfjs.ts';

const KERNELS: ByBackend<MaxPool2dKernels> = {
  cpu: host,
  wasm: host,
  get wasmSimd() {
    return simd()?.maxPool2d;
  },
  float64: host,
  tensorflow,
  webgl,
  webgpu,
  other: tfjs,
};

/**
 * Returns the maximum of each window. Padding is never the maximum.
 *
 *     y[n,i,j,c] = max_pq x[n, i·s + p − before, j·s + q − before, c]
 *
 * Shapes: images [N, H, W, C]; output [N, H_out, W_out, C].
 */
export function maxPool2d(images: Tensor4D, geometry: Geometry): Tensor4D {
  return tidy(() => maxPool2dWithWinners(images, geometry).output);
}

/**
 * Returns the maximum of each window and, on backends that record it, the cell of the maximum, for
 * `maxPool2dToInput`.
 */
export function maxPool2dWithWinners(images: Tensor4D, geometry: Geometry): MaxPooled {
  return forBackend(KERNELS).forward(images, geometry);
}

/**
 * Adds the gradient of each window to the pixel with the largest value in the window. If there are
 * several such pixels, it is the first one, row by row.
 *
 * @param winners the cells of the maxima, from `maxPool2dWithWinners`. If they are not given, some
 *   backends compute them again.
 */
export function maxPool2dToInput(
  gradOutput: Tensor4D,
  images: Tensor4D,
  output: Tensor4D,
  geometry: Geometry,
  winners?: Tensor,
): Tensor4D {
  return forBackend(KERNELS).toInput(gradOutput, images, output, geometry, winners);
}
