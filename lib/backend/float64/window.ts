import type { backend_util } from '@tensorflow/tfjs-core';
import { InputError, show } from '../../errors.ts';

/**
 * The geometry that convolutions and pools share: which cell of the input meets which cell of the filter for which
 * cell of the output. A forward pass and its gradients walk the same triples, so they are adjoint by construction.
 */
export type Window = backend_util.Conv2DInfo;
export type Padding = 'valid' | 'same' | number | backend_util.ExplicitPadding;
export type Pair = [number, number] | number;
export type Rounding = 'floor' | 'round' | 'ceil' | undefined;

/**
 * Calls `visit` with (input pixel, output pixel, filter cell), each counted row by row: images first for the pixels.
 * Cells in the padding are not visited. The taps of an output pixel come one after another, in reading order.
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

/** tfjs computes the size for a numeric padding wrongly if the filter is not square; for an explicit one rightly. */
export function explicit(pad: Padding): 'valid' | 'same' | backend_util.ExplicitPadding {
  if (typeof pad !== 'number') return pad;
  return [
    [0, 0],
    [pad, pad],
    [pad, pad],
    [0, 0],
  ];
}

export function fourSizes([a, b, c, d]: number[]): [number, number, number, number] {
  return [a, b, c, d];
}

/** A gradient of another shape than the output's would be read out of step. */
export function checkShape(name: string, got: number[], expected: number[]): void {
  if (got.length !== expected.length || got.some((n, i) => n !== expected[i])) {
    throw new InputError(`${name}: expected dy of shape ${show(expected)}, got ${show(got)}`);
  }
}
