import { engine, getBackend, type Tensor4D } from '@tensorflow/tfjs-core';
import { mapImage, type AxisMap, type ImageMap } from './axisMap.ts';

/** Output i is the input cell ⌊i / scale⌋. */
export function nearest(input: number, output: number, scale: number): AxisMap {
  const rows = Array.from({ length: output }, (_, i) => ({
    first: Math.min(Math.floor(i / scale), input - 1),
    weights: [1],
  }));
  return { input, rows };
}

/**
 * Output i lies at u_i between the input cells ⌊u_i⌋ and ⌊u_i⌋ + 1, which count 1 − (u_i − ⌊u_i⌋) and u_i − ⌊u_i⌋.
 * With aligned corners first and last cells keep their places, u_i = i (input − 1)/(output − 1); else cells are areas
 * whose centres are scaled, u_i = (i + ½)/scale − ½. Past the first and the last centre their cells are repeated.
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
 * An image resized by a factor, [height, width], as the map says, whose kind wasm has a kernel for: eight times as fast
 * for a bilinear map. Its places are of single precision, which is exact where the factors are powers of two.
 */
export function resize(
  images: Tensor4D,
  factors: readonly number[],
  kind: Resizing,
  map: ImageMap,
): Tensor4D {
  const isExact = factors.every((factor) => factor >= 1 && Number.isInteger(Math.log2(factor)));
  if (getBackend() !== 'wasm' || kind === 'aligned' || !isExact) return mapImage(images, map);
  const size = [map.height.rows.length, map.width.rows.length];
  return kind === 'bilinear'
    ? engine().runKernel(
        'ResizeBilinear',
        { images },
        { alignCorners: false, halfPixelCenters: true, size },
      )
    : engine().runKernel(
        'ResizeNearestNeighbor',
        { images },
        { alignCorners: false, halfPixelCenters: false, size },
      );
}

/** `'aligned'`: bilinear, with the first and the last cells in their places. */
export type Resizing = 'nearest' | 'bilinear' | 'aligned';
