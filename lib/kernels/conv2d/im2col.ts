import {
  reshape,
  tidy,
  transpose,
  type Tensor,
  type Tensor2D,
  type Tensor3D,
} from '@tensorflow/tfjs-core';
import type { Axis, Geometry } from '../../geometry.ts';
import { computeOnHost, type Values } from '../backends/host.ts';

/**
 * Returns the windows of a batch of images as the rows of a matrix: cell (p, q, c) of window (i, j)
 * is the pixel under the kernel's element (p, q, c), or 0 in the padding.
 *
 * Shapes: images [N, H, W, C]; output [N·H_out·W_out, K_h·K_w·C].
 */
export function im2col(images: Tensor, geometry: Geometry): Tensor {
  const [batch, , , channels] = images.shape;
  const shape = [batch * windowsOf(geometry), cellsOf(geometry, channels)];
  return computeOnHost([images], shape, (cells, pixels) =>
    gather(cells, pixels, batch, geometry, channels),
  );
}

/** The adjoint of `im2col`, which adds every cell to the pixel that it was read from. */
export function col2im(matrix: Tensor, imageShape: readonly number[], geometry: Geometry): Tensor {
  const [batch, , , channels] = imageShape;
  return computeOnHost([matrix], imageShape, (pixels, cells) =>
    scatter(pixels, cells, batch, geometry, channels),
  );
}

/** Computes `im2col` from one array into another. The cells in the padding are not written. */
export function gather(
  cells: Values,
  pixels: Values,
  batch: number,
  geometry: Geometry,
  channels: number,
): void {
  const runs = windowRuns(geometry, channels);
  const { imageSize, matrixSize } = sizesOf(geometry, channels);
  for (let n = 0; n < batch; n++) {
    for (let r = 0; r < runs.length; r += 3) {
      copy(cells, n * matrixSize + runs[r + 1], pixels, n * imageSize + runs[r], runs[r + 2]);
    }
  }
}

/**
 * Computes `col2im` from one array into another. It adds to the values that the pixels already
 * have.
 */
export function scatter(
  pixels: Values,
  cells: Values,
  batch: number,
  geometry: Geometry,
  channels: number,
): void {
  const runs = windowRuns(geometry, channels);
  const { imageSize, matrixSize } = sizesOf(geometry, channels);
  for (let n = 0; n < batch; n++) {
    for (let r = 0; r < runs.length; r += 3) {
      let pixel = n * imageSize + runs[r];
      let cell = n * matrixSize + runs[r + 1];
      const end = pixel + runs[r + 2];
      // Copying four values at a time is a third faster than one at a time.
      for (; pixel + 3 < end; pixel += 4, cell += 4) {
        pixels[pixel] += cells[cell];
        pixels[pixel + 1] += cells[cell + 1];
        pixels[pixel + 2] += cells[cell + 2];
        pixels[pixel + 3] += cells[cell + 3];
      }
      for (; pixel < end; pixel++, cell++) pixels[pixel] += cells[cell];
    }
  }
}

/**
 * A part of a batch: some of the images or, if one image has too many windows, some rows of its
 * windows and the rows of pixels under them. The pixels and the windows are each contiguous in
 * memory, so a chunk is itself a batch.
 */
export interface Chunk {
  /** The number of images. */
  readonly images: number;
  /** The geometry of the chunk: its windows, with the chunk's pixels as input. */
  readonly geometry: Geometry;
  /** The index of the chunk's first pixel in the batch. */
  readonly firstPixel: number;
  /** The index of the chunk's first window in the batch. */
  readonly firstWindow: number;
}

/**
 * Divides a batch into chunks. The matrix of windows of a chunk has at most `maxElements` elements,
 * unless a single row of windows has more.
 */
export function batchChunks(
  batch: number,
  geometry: Geometry,
  channels: number,
  maxElements: number,
): Chunk[] {
  const { height, width } = geometry;
  const { matrixSize } = sizesOf(geometry, channels);
  if (matrixSize <= maxElements) {
    return spans(batch, Math.floor(maxElements / matrixSize)).map(([first, past]) => ({
      images: past - first,
      geometry,
      firstPixel: first * height.input * width.input,
      firstWindow: first * height.output * width.output,
    }));
  }
  const rowSize = matrixSize / height.output;
  const rowsAtOnce = Math.max(Math.floor(maxElements / rowSize), 1);
  const strips = spans(height.output, rowsAtOnce).map(([first, past]) => {
    // A chunk has at least one row of pixels, even if its windows lie entirely in the padding.
    const top = Math.min(Math.max(source(height, first, 0), 0), height.input - 1);
    const end = Math.min(source(height, past - 1, height.kernel - 1) + 1, height.input);
    const before = height.before - first * height.stride + top;
    const rows = { ...height, input: Math.max(end - top, 1), output: past - first, before };
    return { first, top, geometry: { height: rows, width } };
  });
  return Array.from({ length: batch }, (_, n) =>
    strips.map((strip) => ({
      images: 1,
      geometry: strip.geometry,
      firstPixel: (n * height.input + strip.top) * width.input,
      firstWindow: (n * height.output + strip.first) * width.output,
    })),
  ).flat();
}

/** Divides 0 ... total into spans [first, past) of similar length, which is at most `maxLength`. */
function spans(total: number, maxLength: number): [first: number, past: number][] {
  const count = Math.ceil(total / maxLength);
  return Array.from({ length: count }, (_, k) => [
    Math.floor((k * total) / count),
    Math.floor(((k + 1) * total) / count),
  ]);
}

/** Returns the number of windows of one image. */
export function windowsOf({ height, width }: Geometry): number {
  return height.output * width.output;
}

/** Returns the number of cells of one window, over all channels. */
export function cellsOf({ height, width }: Geometry, channels: number): number {
  return height.kernel * width.kernel * channels;
}

/** Returns the number of elements of an image, and of its matrix of windows. */
function sizesOf(geometry: Geometry, channels: number) {
  const { height, width } = geometry;
  return {
    imageSize: height.input * width.input * channels,
    matrixSize: windowsOf(geometry) * cellsOf(geometry, channels),
  };
}

/**
 * Returns the cells of `im2col` transposed: row (p, q, c) holds the pixel under the kernel's
 * element (p, q, c) in each window (i, j) of each image n, in the order (i, j, n). This order makes
 * it several times as fast as transposing the result of `im2col`, because neighbouring windows read
 * contiguous values. The gradient of the filters needs this matrix.
 *
 * Shapes: images [N, H, W, C]; output [K_h·K_w·C, H_out·W_out·N].
 */
export function im2colTransposed(images: Tensor, { height, width }: Geometry): Tensor2D {
  const [batch, , , channels] = images.shape;
  const columns = height.output * width.output * batch;
  const shape = [height.kernel * width.kernel * channels, columns];
  return tidy(() => {
    const pixelRows: Tensor3D = reshape(images, [batch, height.input * width.input, channels]);
    const imagesLast = transpose(pixelRows, [2, 1, 0]);
    const fill = (cells: Values, pixels: Values) => {
      for (let p = 0; p < height.kernel; p++) {
        const [top, bottom] = windowsInside(height, p);
        for (let q = 0; q < width.kernel; q++) {
          const [left, past] = windowsInside(width, q);
          const isInside = bottom - top === height.output && past - left === width.output;
          // With stride 1, the windows of a row read contiguous pixels, which are one run.
          const [runs, length] = width.stride === 1 ? [1, past - left] : [past - left, 1];
          for (let c = 0; c < channels; c++) {
            const row = ((p * width.kernel + q) * channels + c) * columns;
            // Sets the padding to 0 row by row. While the row is in the cache, this costs almost
            // nothing.
            if (!isInside) cells.fill(0, row, row + columns);
            for (let i = top; i < bottom; i++) {
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
    };
    return computeOnHost([imagesLast], shape, fill, { zeroed: false }) as Tensor2D;
  });
}

/**
 * Copies `length` values. It uses `set` for many values and a loop for few, because `set` takes
 * long to start.
 */
export function copy(to: Values, at: number, from: Values, start: number, length: number): void {
  if (length > 16) to.set(from.subarray(start, start + length), at);
  else for (let k = 0; k < length; k++) to[at + k] = from[start + k];
}

/**
 * Returns the windows of one image as runs (first pixel, first cell, length) that are contiguous
 * both in the image and in the matrix. A run is a row of the kernel or, if the kernel is dilated,
 * one pixel. Cells in the padding belong to no run.
 */
function windowRuns({ height, width }: Geometry, channels: number): Int32Array {
  const runs: number[] = [];
  const columns = cellsOf({ height, width }, channels);
  for (let i = 0; i < height.output; i++) {
    for (let j = 0; j < width.output; j++) {
      for (let p = 0; p < height.kernel; p++) {
        const y = source(height, i, p);
        if (y < 0 || y >= height.input) continue;
        const row = (i * width.output + j) * columns + p * width.kernel * channels;
        for (const [q, taps] of tapsInside(width, j)) {
          runs.push(
            (y * width.input + source(width, j, q)) * channels,
            row + q * channels,
            taps * channels,
          );
        }
      }
    }
  }
  return Int32Array.from(runs);
}

/**
 * Returns the index of the input cell that a kernel element (`tap`) covers in a window. An index
 * outside 0 ... input − 1 is padding.
 */
function source(axis: Axis, window: number, tap: number): number {
  return window * axis.stride + tap * axis.dilation - axis.before;
}

/**
 * Returns the kernel elements (`taps`) of a window that lie inside the input, as runs (first tap,
 * number of taps).
 */
function tapsInside(axis: Axis, window: number): [tap: number, taps: number][] {
  const inside: number[] = [];
  for (let tap = 0; tap < axis.kernel; tap++) {
    const at = source(axis, window, tap);
    if (at >= 0 && at < axis.input) inside.push(tap);
  }
  if (inside.length === 0) return [];
  return axis.dilation === 1 ? [[inside[0], inside.length]] : inside.map((tap) => [tap, 1]);
}

/**
 * Returns the windows [first, past) in which the kernel's element `tap` lies inside the input. If
 * there are no such windows, past = first.
 */
export function windowsInside(axis: Axis, tap: number): [first: number, past: number] {
  const offset = axis.before - tap * axis.dilation;
  const first = Math.max(Math.ceil(offset / axis.stride), 0);
  const past = Math.min(Math.floor((axis.input - 1 + offset) / axis.stride) + 1, axis.output);
  return [first, Math.max(first, past)];
}
