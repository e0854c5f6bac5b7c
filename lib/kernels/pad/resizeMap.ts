import { engine, getBackend, type Tensor4D } from '@tensorflow/tfjs-core';
import { surelyFinite } from '../reduce/surelyFinite.ts';
import { mapImage, type AxisMap, type ImageMap } from './axisMap.ts';

/**
 * Returns the map to the nearest neighbour: output i is the input cell ⌊i / scale⌋, or the last
 * cell if there is no such cell.
 */
export function nearest(input: number, output: number, scale: number): AxisMap {
  const rows = Array.from({ length: output }, (_, i) => ({
    first: Math.min(Math.floor(i / scale), input - 1),
    weights: [1],
  }));
  return { input, rows };
}

/**
 * Returns the map of linear interpolation: output i lies at u_i, between the input cells ⌊u_i⌋ and
 * ⌊u_i⌋ + 1, whose weights are 1 − (u_i − ⌊u_i⌋) and u_i − ⌊u_i⌋.
 *
 *     u_i = i (input − 1)/(output − 1)    with aligned corners: first and last cells stay in place
 *     u_i = (i + ½)/scale − ½             otherwise: cells are areas; their centres are scaled
 *
 * Beyond the centres of the first and the last cell, these cells are repeated.
 */
export function linear(
  input: number,
  output: number,
  scale: number,
  alignCorners: boolean,
): AxisMap {
  const rows = Array.from({ length: output }, (_, i) => {
    const corners = output > 1 ? (i * (input - 1)) / (output - 1) : 0;
    const place = alignCorners ? corners : (i + 0.5) / scale - 0.5;
    const u = Math.min(Math.max(place, 0), input - 1);
    const first = Math.floor(u);
    return { first, weights: first === u ? [1] : [1 - (u - first), u - first] };
  });
  return { input, rows };
}

/**
 * The method of resizing an image. `'aligned'` is bilinear and keeps the first and last cells in
 * place.
 */
export type Resizing = 'nearest' | 'bilinear' | 'aligned';

/** wasm's kernels for resizing; its bilinear kernel is eight times as fast as a map. */
const WASM_KERNELS = {
  nearest: ['ResizeNearestNeighbor', { alignCorners: false, halfPixelCenters: false }],
  bilinear: ['ResizeBilinear', { alignCorners: false, halfPixelCenters: true }],
} as const;

/**
 * Resizes images by factors [height, width], as `map` does.
 *
 * @param kind the method; for some methods, wasm has a kernel.
 *
 * Shapes: images [N, H, W, C]; output [N, H_out, W_out, C].
 */
export function resize(
  images: Tensor4D,
  factors: readonly number[],
  kind: Resizing,
  map: ImageMap,
): Tensor4D {
  // wasm's kernel computes positions in single precision, which is exact for powers of two.
  const isExact = factors.every((factor) => factor >= 1 && Number.isInteger(Math.log2(factor)));
  if (getBackend() !== 'wasm' || kind === 'aligned' || !isExact) return mapImage(images, map);
  // The bilinear kernel also multiplies values whose weight is 0, and 0 · ∞ is NaN.
  if (kind === 'bilinear' && !surelyFinite(images)) return mapImage(images, map);
  const [kernel, attributes] = WASM_KERNELS[kind];
  const size = [map.height.rows.length, map.width.rows.length];
  return engine().runKernel(kernel, { images }, { ...attributes, size });
}
