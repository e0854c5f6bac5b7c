import {
  engine,
  getBackend,
  reshape,
  reverse,
  sum,
  tidy,
  type Tensor4D,
} from '@tensorflow/tfjs-core';
import type { Axis, Geometry } from '../../geometry.ts';
import { attributes } from '../conv2d/attributes.ts';
import { computeOnHost, onHost, type Values } from '../backends/host.ts';
import {
  depthwiseConv2dOnTensorflow,
  depthwiseConv2dToFilterOnTensorflow,
  depthwiseConv2dToInputOnTensorflow,
} from './tensorflow.ts';
import { copy, windowsInside } from '../conv2d/im2col.ts';
import { dilateFilters, dilateFiltersAdjoint, undilatedGeometry } from '../conv2d/dilate.ts';
import { onTensorflow } from '../backends/tensorflow.ts';

/**
 * Convolution of each channel by itself, with M filters a channel. Images [N, H, W, C], filters [K_h, K_w, C, M],
 * outputs [N, H_out, W_out, C·M], in which channel c·M + m is channel c under its filter m.
 *
 * The loops are for what tfjs lacks: wasm has no gradients, cpu's kernels refuse stride and dilation together.
 */

/** y[n,i,j,cM+m] = Σ_pq x[n, i·s + p·d − before, j·s + q·d − before, c] w[p,q,c,m] */
export function depthwiseConv2d(images: Tensor4D, filters: Tensor4D, geometry: Geometry): Tensor4D {
  if (needsSpacing(geometry)) {
    return tidy(() =>
      depthwiseConv2d(images, dilateFilters(filters, geometry), undilatedGeometry(geometry)),
    );
  }
  if (onTensorflow()) return depthwiseConv2dOnTensorflow(images, filters, geometry);
  if (getBackend() === 'wasm' || hasKernels()) {
    return engine().runKernel(
      'DepthwiseConv2dNative',
      { x: images, filter: filters },
      attributes(geometry),
    );
  }
  const [batch, , , channels] = images.shape;
  const multiplier = filters.shape[3];
  const outputShape = [batch, geometry.height.output, geometry.width.output, channels * multiplier];
  return computeOnHost([images, filters], outputShape, (y, x, w) => {
    forEachRow(batch, geometry, (pixel, window, tap, count) => {
      for (let j = 0; j < count; j++) {
        const from = (pixel + j * geometry.width.stride) * channels;
        let [to, weight] = [(window + j) * channels * multiplier, tap * channels * multiplier];
        for (let c = 0; c < channels; c++) {
          for (let m = 0; m < multiplier; m++) y[to++] += x[from + c] * w[weight++];
        }
      }
    });
  }) as Tensor4D;
}

/** ∂C/∂x[n,y,x,c] = Σ_ijm g[n,i,j,cM+m] w[p,q,c,m] over the windows (i, j) whose tap (p, q) meets pixel (y, x) */
export function depthwiseConv2dToInput(
  gradOutput: Tensor4D,
  filters: Tensor4D,
  geometry: Geometry,
): Tensor4D {
  if (needsSpacing(geometry)) {
    return tidy(() =>
      depthwiseConv2dToInput(
        gradOutput,
        dilateFilters(filters, geometry),
        undilatedGeometry(geometry),
      ),
    );
  }
  if (onTensorflow()) return depthwiseConv2dToInputOnTensorflow(gradOutput, filters, geometry);
  const { height, width } = geometry;
  const [, , channels, multiplier] = filters.shape;
  const inputShape: [number, number, number, number] = [
    gradOutput.shape[0],
    height.input,
    width.input,
    channels,
  ];
  if (hasKernels()) {
    const attrs = { ...attributes(geometry), inputShape };
    return engine().runKernel(
      'DepthwiseConv2dNativeBackpropInput',
      { dy: gradOutput, filter: filters },
      attrs,
    );
  }
  // The sum over windows is a convolution too: of the gradients, put where their windows start, with the flipped
  // filters. On wasm twenty times as fast as a loop.
  return tidy(() => {
    const flipped: Tensor4D = reshape(reverse(filters, [0, 1]), [
      height.kernel,
      width.kernel,
      -1,
      1,
    ]);
    const spread = spreadWindows(gradOutput, geometry);
    const sliding = { height: overSpread(height), width: overSpread(width) };
    const shares = depthwiseConv2d(spread, flipped, sliding);
    if (multiplier === 1) return shares;
    return reshape(sum(reshape(shares, [shares.size / multiplier, multiplier]), 1), inputShape);
  });
}

/** ∂C/∂w[p,q,c,m] = Σ_nij x[n, i·s + p·d − before, j·s + q·d − before, c] g[n,i,j,cM+m] */
export function depthwiseConv2dToFilter(
  images: Tensor4D,
  gradOutput: Tensor4D,
  geometry: Geometry,
): Tensor4D {
  if (needsSpacing(geometry)) {
    return tidy(() =>
      dilateFiltersAdjoint(
        depthwiseConv2dToFilter(images, gradOutput, undilatedGeometry(geometry)),
        geometry,
      ),
    );
  }
  if (onTensorflow()) return depthwiseConv2dToFilterOnTensorflow(images, gradOutput, geometry);
  const [batch, , , channels] = images.shape;
  const multiplier = gradOutput.shape[3] / channels;
  const filterShape = [geometry.height.kernel, geometry.width.kernel, channels, multiplier];
  if (hasKernels()) {
    const attrs = { ...attributes(geometry), filterShape };
    return engine().runKernel(
      'DepthwiseConv2dNativeBackpropFilter',
      { x: images, dy: gradOutput },
      attrs,
    );
  }
  const [pixelStep, windowStep] = [channels * geometry.width.stride, channels * multiplier];
  return computeOnHost([images, gradOutput], filterShape, (gradFilter, x, g) => {
    forEachRow(batch, geometry, (pixel, window, tap, count) => {
      for (let o = 0, to = tap * windowStep; o < windowStep; o++, to++) {
        const from = pixel * channels + Math.floor(o / multiplier);
        gradFilter[to] += dot(x, from, pixelStep, g, window * windowStep + o, windowStep, count);
      }
    });
  }) as Tensor4D;
}

/** Σ_k a[i + k·di] b[j + k·dj], four at a time so that no sum waits for the one before. */
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
 * The gradients where their windows start, zeros between them, and as many around that a kernel slides over every pixel:
 * window i is at cell i·s + d (K − 1) − before of an axis of input + d (K − 1) cells.
 */
function spreadWindows(gradOutput: Tensor4D, { height, width }: Geometry): Tensor4D {
  const [batch, , , channels] = gradOutput.shape;
  const [rows, columns] = [overSpread(height).input, overSpread(width).input];
  return computeOnHost([gradOutput], [batch, rows, columns, channels], (cells, g) => {
    for (let n = 0; n < batch; n++) {
      for (let i = 0; i < height.output; i++) {
        const row = spreadPlace(height, i);
        if (row < 0 || row >= rows) continue;
        for (let j = 0; j < width.output; j++) {
          const column = spreadPlace(width, j);
          if (column < 0 || column >= columns) continue;
          const from = ((n * height.output + i) * width.output + j) * channels;
          copy(cells, ((n * rows + row) * columns + column) * channels, g, from, channels);
        }
      }
    }
  }) as Tensor4D;
}

function spreadPlace({ stride, dilation, kernel, before }: Axis, window: number): number {
  return window * stride + dilation * (kernel - 1) - before;
}

/** How the flipped kernel slides over what `spreadWindows` gives: one step a pixel. */
function overSpread({ input, kernel, dilation }: Axis): Axis {
  const cells = input + dilation * (kernel - 1);
  return { input: cells, output: input, kernel, stride: 1, dilation, before: 0, after: 0 };
}

/** Whether tfjs's kernels have all three: the reference's, and those of graphics cards without dilation. */
function hasKernels(): boolean {
  return getBackend() === 'float64' || !onHost();
}

function needsSpacing({ height, width }: Geometry): boolean {
  return !onHost() && height.dilation * width.dilation > 1;
}

/**
 * Calls `visit` for every tap of every row of windows: the first pixel and window that meet there, and how many windows
 * do, each a stride of pixels after the one before. Pixels, windows and taps are counted row by row.
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
