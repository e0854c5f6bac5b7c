import {
  reshape,
  tidy,
  transpose,
  type Tensor,
  type Tensor2D,
  type Tensor3D,
} from '@tensorflow/tfjs-core';
import type { Gaussian } from '../../gaussian.ts';
import { constant } from '../../constant.ts';
import { matMul, matMulTransposedB } from '../matmul/matMul.ts';
import type { ReductionGroups } from './reductionGroups.ts';

/**
 * The Gaussian mean around each pixel. The window is separable, so the mean of a map U, of height H and width W, is
 * R U Cᵀ: row j of R, [H, H], has the window around j, cut where it leaves the image and scaled to sum to 1; so has
 * C, [W, W], along the other axis.
 */
export interface LocalWindow {
  readonly rows: Tensor2D;
  readonly columns: Tensor2D;
}

export function localWindow(
  height: number,
  width: number,
  { kernelSize, sigma }: Gaussian,
): LocalWindow {
  return {
    rows: windows(height, kernelSize[0], sigma[0]),
    columns: windows(width, kernelSize[1], sigma[1]),
  };
}

/** R U Cᵀ for each map U of [N, H, W]. */
export function localMean(maps: Tensor3D, { rows, columns }: LocalWindow): Tensor3D {
  return alongBothAxes(
    maps,
    (u) => matMulTransposedB(u, columns),
    (u) => matMulTransposedB(u, rows),
  );
}

/** Its adjoint, Rᵀ G C: every pixel gathers from the windows that it is in. */
export function localMeanToInput(gradMeans: Tensor3D, { rows, columns }: LocalWindow): Tensor3D {
  return alongBothAxes(
    gradMeans,
    (g) => matMul(g, columns),
    (g) => matMul(g, rows),
  );
}

type Shape4D = readonly [number, number, number, number];

/** One set a pixel, of its channels: maps that share their statistics share them there. */
export function pixelsOf([batch, height, width, channels]: Shape4D): ReductionGroups {
  return { outer: batch * height * width, rows: 1, groups: 1, columns: channels };
}

/** One number a pixel, as one map an example. */
export function asMap(perPixel: Tensor, [batch, height, width]: Shape4D): Tensor3D {
  return reshape(perPixel, [batch, height, width]);
}

type OfRows = (matrix: Tensor2D) => Tensor2D;

/** Applies one map to the rows of each image, then one to its columns. */
function alongBothAxes(maps: Tensor3D, toRows: OfRows, toColumns: OfRows): Tensor3D {
  const [batch, height, width] = maps.shape;
  return tidy(() => {
    const first = toRows(reshape(maps, [batch * height, width]));
    const turned = transpose(reshape(first, [batch, height, width]), [0, 2, 1]);
    const second = toColumns(reshape(turned, [batch * width, height]));
    return transpose(reshape(second, [batch, width, height]), [0, 2, 1]);
  });
}

function windows(size: number, kernel: number, sigma: number): Tensor2D {
  const reach = (kernel - 1) / 2;
  const matrix = new Float64Array(size * size);
  for (let j = 0; j < size; j++) {
    const row = matrix.subarray(j * size, (j + 1) * size);
    const [first, last] = [Math.max(j - reach, 0), Math.min(j + reach, size - 1)];
    let total = 0;
    for (let k = first; k <= last; k++)
      total += row[k] = Math.exp(-((k - j) ** 2) / (2 * sigma ** 2));
    for (let k = first; k <= last; k++) row[k] /= total;
  }
  return constant(matrix, [size, size]);
}
