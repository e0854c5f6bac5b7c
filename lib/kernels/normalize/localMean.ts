import {
  isFinite,
  reshape,
  slice,
  sub,
  tidy,
  transpose,
  where,
  zerosLike,
  type Tensor,
  type Tensor2D,
  type Tensor3D,
  type Tensor4D,
  type TypedArray,
} from '@tensorflow/tfjs-core';
import type { Gaussian } from '../../gaussian.ts';
import { constant } from '../../constant.ts';
import { hostValues } from '../backends/hostValues.ts';
import { matMul, matMulTransposedB } from '../matmul/matMul.ts';
import type { ReductionGroups } from './reductionGroups.ts';

/**
 * The two matrices that compute a Gaussian-weighted mean around each pixel. The window is
 * separable, so the local mean of a map U, [H, W], is R U Cᵀ. Row j of R, [H, H], holds the window
 * around j, cut off at the edge of the image and scaled to a sum of 1. C, [W, W], is the same along
 * the other axis.
 */
export interface LocalWindow {
  /** The matrix R. */
  readonly rows: Tensor2D;
  /** The matrix C. */
  readonly columns: Tensor2D;
}

/** Creates the matrices of a window for images of this size. The caller owns both matrices. */
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

/**
 * Returns the local mean R U Cᵀ of each map U.
 *
 * Shapes: input and output [N, H, W].
 */
export function localMean(maps: Tensor3D, { rows, columns }: LocalWindow): Tensor3D {
  return alongBothAxes(
    maps,
    (u) => matMulTransposedB(u, columns),
    (u) => matMulTransposedB(u, rows),
  );
}

/** To see whether a map is flat, this number of its pixels is read. */
const SAMPLES = 32;

/** A map is flat if its values differ by less than this fraction of their magnitude. */
const FLAT = 1 / 300;

/**
 * Returns images minus their first value if one of them may be flat, else undefined. The weights of
 * a window sum to 1, so a constant does not change x minus its local mean. Without the subtraction,
 * a flat image of value 10000.3 would leave the rounding error of 10000.3, and the division by the
 * standard deviation would amplify it.
 *
 * Values that exist only on a GPU are not read, because the program would have to wait for the GPU;
 * the result is then never undefined. A first value that is not finite is not subtracted, because
 * it would spread to the whole image.
 */
export function centerFlat(images: Tensor4D, maps: Tensor3D): Tensor4D | undefined {
  const values = hostValues(maps);
  if (images.size === 0 || (values !== undefined && !hasFlatMap(values, maps.shape)))
    return undefined;
  return tidy(() => {
    const first = slice(images, [0, 0, 0, 0], [images.shape[0], 1, 1, 1]);
    return sub(images, where(isFinite(first), first, zerosLike(first)));
  });
}

function hasFlatMap(values: TypedArray, [batch, height, width]: readonly number[]): boolean {
  const step = Math.max(Math.floor((height * width) / SAMPLES), 1);
  for (let n = 0; n < batch; n++) {
    const [start, end] = [n * height * width, (n + 1) * height * width];
    let [low, high] = [Infinity, -Infinity];
    for (let i = start; i < end; i += step) {
      low = Math.min(low, values[i]);
      high = Math.max(high, values[i]);
    }
    if (high - low < FLAT * Math.max(high, -low)) return true;
  }
  return false;
}

/**
 * Computes the adjoint of `localMean`, Rᵀ G C, which sums over the windows to which a pixel
 * belongs.
 */
export function localMeanToInput(gradMeans: Tensor3D, { rows, columns }: LocalWindow): Tensor3D {
  return alongBothAxes(
    gradMeans,
    (g) => matMul(g, columns),
    (g) => matMul(g, rows),
  );
}

type Shape4D = readonly [number, number, number, number];

/** Returns one group per pixel, which consists of the pixel's channels. */
export function pixelsOf([batch, height, width, channels]: Shape4D): ReductionGroups {
  return { outer: batch * height * width, rows: 1, groups: 1, columns: channels };
}

/** Reshapes one value per pixel to one map per example, [N, H, W]. */
export function asMap(perPixel: Tensor, [batch, height, width]: Shape4D): Tensor3D {
  return reshape(perPixel, [batch, height, width]);
}

type OfRows = (matrix: Tensor2D) => Tensor2D;

/** Applies one linear map to the rows of each image, then another to its columns. */
function alongBothAxes(maps: Tensor3D, toRows: OfRows, toColumns: OfRows): Tensor3D {
  const [batch, height, width] = maps.shape;
  return tidy(() => {
    const first = toRows(reshape(maps, [batch * height, width]));
    const turned = transpose(reshape(first, [batch, height, width]), [0, 2, 1]);
    const second = toColumns(reshape(turned, [batch * width, height]));
    return transpose(reshape(second, [batch, width, height]), [0, 2, 1]);
  });
}

/** Creates the matrix of the windows along one axis, [size, size]. */
function windows(size: number, kernel: number, sigma: number): Tensor2D {
  const reach = (kernel - 1) / 2;
  const matrix = new Float64Array(size * size);
  for (let j = 0; j < size; j++) {
    const row = matrix.subarray(j * size, (j + 1) * size);
    const [first, last] = [Math.max(j - reach, 0), Math.min(j + reach, size - 1)];
    let total = 0;
    for (let k = first; k <= last; k++) {
      row[k] = Math.exp(-((k - j) ** 2) / (2 * sigma ** 2));
      total += row[k];
    }
    for (let k = first; k <= last; k++) row[k] /= total;
  }
  return constant(matrix, [size, size]);
}
