import { reshape, tidy, transpose, type Tensor, type Tensor2D, type Tensor3D } from '@tensorflow/tfjs-core';
import type { Axis, Geometry } from '../geometry.ts';
import { computeOnHost, type Values } from './host.ts';

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
        copy(cells, n * matrixSize + runs[r + 1], pixels, n * imageSize + runs[r], runs[r + 2]);
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

/**
 * The same cells the other way round, [K_h·K_w·C, H_out·W_out·N]: row (p, q, c) holds the pixel that the tap meets in
 * each window (i, j) of each image n. With the images last, a row of windows reads numbers that lie side by side, so
 * this is several times faster than transposing `im2col`, which the gradient of the filters would need.
 */
export function tapRows(images: Tensor, { height, width }: Geometry): Tensor2D {
  const [batch, , , channels] = images.shape;
  const columns = height.output * width.output * batch;
  const shape = [height.kernel * width.kernel * channels, columns];
  return tidy(() => {
    const pixelRows: Tensor3D = reshape(images, [batch, height.input * width.input, channels]);
    const imagesLast = transpose(pixelRows, [2, 1, 0]);
    return computeOnHost([imagesLast], shape, (cells, pixels) => {
      for (let p = 0; p < height.kernel; p++) {
        for (let q = 0; q < width.kernel; q++) {
          const [left, past] = windowsInside(width, q);
          // Windows a stride of 1 apart make one run.
          const [runs, length] = width.stride === 1 ? [1, past - left] : [past - left, 1];
          for (let c = 0; c < channels; c++) {
            const row = ((p * width.kernel + q) * channels + c) * columns;
            for (let [i, bottom] = windowsInside(height, p); i < bottom; i++) {
              const y = c * height.input + source(height, i, p);
              for (let run = 0; run < runs; run++) {
                const pixel = (y * width.input + source(width, left + run, q)) * batch;
                const cell = row + (i * width.output + left + run) * batch;
                copy(cells, cell, pixels, pixel, length * batch);
              }
            }
          }
        }
      }
    }) as Tensor2D;
  });
}

/** A long run is faster through `set`, a short one without its overhead. */
export function copy(to: Values, at: number, from: Values, start: number, length: number): void {
  if (length > 16) to.set(from.subarray(start, start + length), at);
  else for (let k = 0; k < length; k++) to[at + k] = from[start + k];
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

/** The windows [first, past last) whose tap `tap` meets the input; none where past ≤ first. */
export function windowsInside(axis: Axis, tap: number): [first: number, past: number] {
  const offset = axis.before - tap * axis.dilation;
  const first = Math.max(Math.ceil(offset / axis.stride), 0);
  const past = Math.min(Math.floor((axis.input - 1 + offset) / axis.stride) + 1, axis.output);
  return [first, Math.max(first, past)];
}
