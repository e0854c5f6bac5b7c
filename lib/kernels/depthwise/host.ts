import { reshape, reverse, sum, tidy, type Tensor4D } from '@tensorflow/tfjs-core';
import type { Axis, Geometry } from '../../geometry.ts';
import { computeOnHost, type Values } from '../backends/host.ts';
import { copy, windowsInside } from '../conv2d/im2col.ts';
import type { DepthwiseKernels } from './depthwiseKernels.ts';
import { tfjs } from './tfjs.ts';

/**
 * Depthwise convolution on cpu in loops, because tfjs's kernel does not support a stride together
 * with a dilation.
 */
export const cpu: DepthwiseKernels = {
  forward: forwardInLoops,
  toInput: (...args) => toInputAsConvolution(forwardInLoops, ...args),
  toFilter: toFilterInLoops,
};

/**
 * Depthwise convolution on wasm. The forward pass uses tfjs's kernel. tfjs has no kernels for the
 * gradients there.
 */
export const wasm: DepthwiseKernels = {
  forward: tfjs.forward,
  toInput: (...args) => toInputAsConvolution(tfjs.forward, ...args),
  toFilter: toFilterInLoops,
};

function forwardInLoops(images: Tensor4D, filters: Tensor4D, geometry: Geometry): Tensor4D {
  const [batch, , , channels] = images.shape;
  const multiplier = filters.shape[3];
  const { height, width } = geometry;
  const outputShape = [batch, height.output, width.output, channels * multiplier];
  return computeOnHost([images, filters], outputShape, (y, x, w) => {
    forEachRow(batch, geometry, (pixel, window, tap, count) => {
      for (let j = 0; j < count; j++) {
        const from = (pixel + j * width.stride) * channels;
        let [to, weight] = [(window + j) * channels * multiplier, tap * channels * multiplier];
        for (let c = 0; c < channels; c++) {
          for (let m = 0; m < multiplier; m++) y[to++] += x[from + c] * w[weight++];
        }
      }
    });
  }) as Tensor4D;
}

/**
 * Computes the gradient of the images as a convolution with the flipped filters. The input of this
 * convolution is an image that has the gradient of each window at the cell where the window starts.
 * On wasm this is twenty times as fast as a loop.
 */
function toInputAsConvolution(
  convolve: DepthwiseKernels['forward'],
  gradOutput: Tensor4D,
  filters: Tensor4D,
  geometry: Geometry,
): Tensor4D {
  const { height, width } = geometry;
  const [, , channels, multiplier] = filters.shape;
  return tidy(() => {
    const flipped: Tensor4D = reshape(reverse(filters, [0, 1]), [
      height.kernel,
      width.kernel,
      -1,
      1,
    ]);
    const spread = spreadGradients(gradOutput, geometry);
    const overSpread = { height: spreadAxis(height), width: spreadAxis(width) };
    // The result has one channel per filter. If an input channel has several filters, their
    // channels are added.
    const perFilter = convolve(spread, flipped, overSpread);
    if (multiplier === 1) return perFilter;
    const rows = reshape(perFilter, [perFilter.size / multiplier, multiplier]);
    return reshape(sum(rows, 1), [gradOutput.shape[0], height.input, width.input, channels]);
  });
}

function toFilterInLoops(images: Tensor4D, gradOutput: Tensor4D, geometry: Geometry): Tensor4D {
  const [batch, , , channels] = images.shape;
  const multiplier = gradOutput.shape[3] / channels;
  const { height, width } = geometry;
  const filterShape = [height.kernel, width.kernel, channels, multiplier];
  const [pixelStep, windowStep] = [channels * width.stride, channels * multiplier];
  return computeOnHost([images, gradOutput], filterShape, (gradFilter, x, g) => {
    forEachRow(batch, geometry, (pixel, window, tap, count) => {
      for (let o = 0, to = tap * windowStep; o < windowStep; o++, to++) {
        const from = pixel * channels + Math.floor(o / multiplier);
        gradFilter[to] += dot(x, from, pixelStep, g, window * windowStep + o, windowStep, count);
      }
    });
  }) as Tensor4D;
}

/**
 * Computes Σ_k a[i + k·di] b[j + k·dj] in four separate sums, so that an addition need not wait for
 * the previous one.
 */
function dot(
  a: Values,
  i: number,
  di: number,
  b: Values,
  j: number,
  dj: number,
  count: number,
): number {
  let [even, odd] = [0, 0];
  let k = 0;
  for (; k + 3 < count; k += 4, i += 4 * di, j += 4 * dj) {
    even += a[i] * b[j] + a[i + 2 * di] * b[j + 2 * dj];
    odd += a[i + di] * b[j + dj] + a[i + 3 * di] * b[j + 3 * dj];
  }
  for (; k < count; k++, i += di, j += dj) even += a[i] * b[j];
  return even + odd;
}

/**
 * Puts the gradient of each window at the cell where the window starts, and zeros elsewhere. Along
 * each axis, the result has input + d (K − 1) cells, so that the flipped kernel has one window per
 * pixel. The gradient of window i is at cell i·s + d (K − 1) − before.
 */
function spreadGradients(gradOutput: Tensor4D, { height, width }: Geometry): Tensor4D {
  const [batch, , , channels] = gradOutput.shape;
  const [rows, columns] = [spreadAxis(height).input, spreadAxis(width).input];
  return computeOnHost([gradOutput], [batch, rows, columns, channels], (cells, g) => {
    for (let n = 0; n < batch; n++) {
      for (let i = 0; i < height.output; i++) {
        const row = spreadCell(height, i);
        if (row < 0 || row >= rows) continue;
        for (let j = 0; j < width.output; j++) {
          const column = spreadCell(width, j);
          if (column < 0 || column >= columns) continue;
          const from = ((n * height.output + i) * width.output + j) * channels;
          copy(cells, ((n * rows + row) * columns + column) * channels, g, from, channels);
        }
      }
    }
  }) as Tensor4D;
}

/** Returns the cell, along one axis, at which `spreadGradients` puts the gradient of a window. */
function spreadCell({ stride, dilation, kernel, before }: Axis, window: number): number {
  return window * stride + dilation * (kernel - 1) - before;
}

/**
 * Returns the geometry of the flipped kernel, which slides over the result of `spreadGradients`
 * with one window per pixel of the image.
 */
function spreadAxis({ input, kernel, dilation }: Axis): Axis {
  const cells = input + dilation * (kernel - 1);
  return { input: cells, output: input, kernel, stride: 1, dilation, before: 0, after: 0 };
}

/**
 * Calls `visit` for every kernel element (`tap`) in every row of windows. It passes the number of
 * windows in which the element lies inside the image, the first of these windows, and the pixel
 * that the element covers there. From window to window, the pixel moves by one stride. Pixels,
 * windows and elements are counted row by row.
 */
function forEachRow(
  batch: number,
  { height, width }: Geometry,
  visit: (pixel: number, window: number, tap: number, count: number) => void,
): void {
  const columns = Array.from({ length: width.kernel }, (_, q) => windowsInside(width, q));
  for (let n = 0; n < batch; n++) {
    for (let p = 0; p < height.kernel; p++) {
      for (let [i, bottom] = windowsInside(height, p); i < bottom; i++) {
        const y = n * height.input + i * height.stride + p * height.dilation - height.before;
        for (let q = 0; q < width.kernel; q++) {
          const [left, right] = columns[q];
          const pixel = y * width.input + left * width.stride + q * width.dilation - width.before;
          const window = (n * height.output + i) * width.output + left;
          visit(pixel, window, p * width.kernel + q, right - left);
        }
      }
    }
  }
}
