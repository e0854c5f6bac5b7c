import type { Tensor } from '@tensorflow/tfjs-core';
import type { Axis, Geometry } from '../geometry.ts';
import { computeOnHost } from './host.ts';

/**
 * The windows of a batch of images as the rows of a matrix, [N·H_out·W_out, K_h·K_w·C]: cell (p, q, c) of window
 * (i, j) is the pixel that the kernel's (p, q, c) meets there, or 0 in the padding.
 */
export function im2col(images: Tensor, geometry: Geometry): Tensor {
  const [batch, height, width, channels] = images.shape;
  const runs = windowRuns(geometry, channels);
  const imageSize = height * width * channels;
  const matrixShape = rowsAndColumns(batch, channels, geometry);
  const matrixSize = (matrixShape[0] / batch) * matrixShape[1];
  return computeOnHost([images], matrixShape, (cells, pixels) => {
    for (let n = 0; n < batch; n++) {
      for (let r = 0; r < runs.length; r += 3) {
        const pixel = n * imageSize + runs[r];
        const cell = n * matrixSize + runs[r + 1];
        const length = runs[r + 2];
        // A long run is faster through `set`, a short one without its overhead.
        if (length > 16) cells.set(pixels.subarray(pixel, pixel + length), cell);
        else for (let k = 0; k < length; k++) cells[cell + k] = pixels[pixel + k];
      }
    }
  });
}

/** The adjoint of `im2col`: every cell is added to the pixel that it was read from. */
export function col2im(matrix: Tensor, imageShape: readonly number[], geometry: Geometry): Tensor {
  const [batch, height, width, channels] = imageShape;
  const runs = windowRuns(geometry, channels);
  const imageSize = height * width * channels;
  const matrixSize = matrix.size / batch;
  return computeOnHost([matrix], imageShape, (pixels, cells) => {
    for (let n = 0; n < batch; n++) {
      for (let r = 0; r < runs.length; r += 3) {
        let pixel = n * imageSize + runs[r];
        let cell = n * matrixSize + runs[r + 1];
        const end = pixel + runs[r + 2];
        // Four at a time: a third faster than one.
        for (; pixel + 3 < end; pixel += 4, cell += 4) {
          pixels[pixel] += cells[cell];
          pixels[pixel + 1] += cells[cell + 1];
          pixels[pixel + 2] += cells[cell + 2];
          pixels[pixel + 3] += cells[cell + 3];
        }
        for (; pixel < end; pixel++, cell++) pixels[pixel] += cells[cell];
      }
    }
  });
}

function rowsAndColumns(batch: number, channels: number, { height, width }: Geometry): [number, number] {
  return [batch * height.output * width.output, height.kernel * width.kernel * channels];
}

/**
 * One image's windows as triples (first pixel, first cell, length) of numbers that lie side by side in the image and
 * in the matrix: a row of the kernel where it is not dilated, else a pixel. Padding cells have no run.
 */
function windowRuns({ height, width }: Geometry, channels: number): Int32Array {
  const runs: number[] = [];
  const columns = height.kernel * width.kernel * channels;
  for (let i = 0; i < height.output; i++) {
    for (let j = 0; j < width.output; j++) {
      for (let p = 0; p < height.kernel; p++) {
        const y = source(height, i, p);
        if (y < 0 || y >= height.input) continue;
        const row = (i * width.output + j) * columns + p * width.kernel * channels;
        for (const [q, taps] of tapsInside(width, j)) {
          runs.push((y * width.input + source(width, j, q)) * channels, row + q * channels, taps * channels);
        }
      }
    }
  }
  return Int32Array.from(runs);
}

/** The input cell that tap `tap` of window `window` meets; outside 0 ... input − 1 it is padding. */
function source(axis: Axis, window: number, tap: number): number {
  return window * axis.stride + tap * axis.dilation - axis.before;
}

/** The taps of a window that meet the input, as (first tap, how many lie side by side). */
function tapsInside(axis: Axis, window: number): [tap: number, taps: number][] {
  const inside: number[] = [];
  for (let tap = 0; tap < axis.kernel; tap++) {
    const at = source(axis, window, tap);
    if (at >= 0 && at < axis.input) inside.push(tap);
  }
  if (inside.length === 0) return [];
  return axis.dilation === 1 ? [[inside[0], inside.length]] : inside.map((tap) => [tap, 1]);
}
