import type { backend_util } from '@tensorflow/tfjs-core';
import { InputError, show } from '../../errors.ts';

/**
 * The geometry of a convolution or a pool. It determines all triples of an input pixel, a filter
 * cell and an output pixel such that the output pixel depends on the input pixel through the filter
 * cell. A forward pass and its gradients visit the same triples, so they are adjoint by
 * construction.
 */
export type Window = backend_util.Conv2DInfo;

/** The padding, in the forms that tfjs's kernels accept. */
export type Padding = 'valid' | 'same' | number | backend_util.ExplicitPadding;

/** One number for both axes, or [height, width]. */
export type Pair = [number, number] | number;

/** How the number of windows is rounded. */
export type Rounding = 'floor' | 'round' | 'ceil' | undefined;

/**
 * Calls `visit` with every triple (input pixel, output pixel, filter cell). Pixels are numbered
 * image by image and row by row, and cells row by row. Cells in the padding are not visited. The
 * triples of an output pixel are visited in reading order of the filter cells.
 */
export function forEachTap(
  window: Window,
  visit: (x: number, y: number, tap: number) => void,
): void {
  const { batchSize, inHeight, inWidth, outHeight, outWidth, filterHeight, filterWidth } = window;
  const { strideHeight, strideWidth, dilationHeight, dilationWidth, padInfo } = window;
  let y = 0;
  for (let n = 0; n < batchSize; n++) {
    for (let outRow = 0; outRow < outHeight; outRow++) {
      for (let outColumn = 0; outColumn < outWidth; outColumn++, y++) {
        for (let i = 0; i < filterHeight; i++) {
          const row = outRow * strideHeight - padInfo.top + i * dilationHeight;
          if (row < 0 || row >= inHeight) continue;
          for (let j = 0; j < filterWidth; j++) {
            const column = outColumn * strideWidth - padInfo.left + j * dilationWidth;
            if (column < 0 || column >= inWidth) continue;
            visit((n * inHeight + row) * inWidth + column, y, i * filterWidth + j);
          }
        }
      }
    }
  }
}

/**
 * Converts a numeric padding to an explicit one, because tfjs computes the wrong size for a numeric
 * padding if the filter is not square.
 */
export function explicit(pad: Padding): 'valid' | 'same' | backend_util.ExplicitPadding {
  if (typeof pad !== 'number') return pad;
  return [
    [0, 0],
    [pad, pad],
    [pad, pad],
    [0, 0],
  ];
}

/** Returns a shape as a tuple of four sizes. */
export function fourSizes([a, b, c, d]: number[]): [number, number, number, number] {
  return [a, b, c, d];
}

/** Throws if a gradient does not have the shape of the output. */
export function checkShape(name: string, got: number[], expected: number[]): void {
  if (got.length !== expected.length || got.some((n, i) => n !== expected[i])) {
    throw new InputError(`${name}: expected dy of shape ${show(expected)}, got ${show(got)}`);
  }
}
