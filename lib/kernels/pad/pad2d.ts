import { gather, pad, slice, tensor1d, tidy, type Tensor4D } from '@tensorflow/tfjs-core';
import {
  paddedGeometry,
  type Border,
  type Borders,
  type Geometry,
  type PaddingMode,
} from '../../geometry.ts';
import { paddedPosition } from '../../window.ts';
import { mapImageToInput, type AxisMap } from './axisMap.ts';
import { computeOnHost, onHost } from '../backends/host.ts';

/**
 * Puts a border around a batch of images. Along each axis, `sources` gives the pixel from which a
 * cell is copied; a cell without a source gets `value`.
 *
 *     y[n,i,j,c] = x[n, sources_h(i), sources_w(j), c]
 *
 * Shapes: images [N, H, W, C]; output [N, before + H + after, before + W + after, C].
 */
export function pad2d(images: Tensor4D, borders: Borders, mode: PaddingMode, value = 0): Tensor4D {
  if (!onHost()) return padElsewhere(images, borders, mode, value);
  const [batch, , , channels] = images.shape;
  const shape = [batch, paddedSize(borders.height), paddedSize(borders.width), channels];
  return computeOnHost([images], shape, (padded, pixels) => {
    if (value !== 0) padded.fill(value);
    forEachRun(shape, borders, mode, (at, from, length) => {
      padded.set(pixels.subarray(from, from + length), at);
    });
  }) as Tensor4D;
}

/**
 * The adjoint of `pad2d`, which adds every cell to the pixel that it was read from.
 *
 *     ∂C/∂x[n,y,x,c] = Σ_{i: sources_h(i)=y} Σ_{j: sources_w(j)=x} g[n,i,j,c]
 */
export function pad2dToInput(gradOutput: Tensor4D, borders: Borders, mode: PaddingMode): Tensor4D {
  if (!onHost()) return padElsewhereToInput(gradOutput, borders, mode);
  const { shape } = gradOutput;
  const inputShape = [shape[0], borders.height.input, borders.width.input, shape[3]];
  return computeOnHost([gradOutput], inputShape, (pixels, cells) => {
    forEachRun(shape, borders, mode, (at, from, length) => {
      for (let k = 0; k < length; k++) pixels[from + k] += cells[at + k];
    });
  }) as Tensor4D;
}

/** Computes `pad2d` with tfjs's operations, for a backend whose tensors are not in main memory. */
function padElsewhere(
  images: Tensor4D,
  { height, width }: Borders,
  mode: PaddingMode,
  value: number,
): Tensor4D {
  if (mode === 'zeros') {
    const cells: [number, number][] = [
      [0, 0],
      [height.before, height.after],
      [width.before, width.after],
      [0, 0],
    ];
    return pad(images, cells, value);
  }
  const indices = (border: Border) => tensor1d(sources(border, mode), 'int32');
  return tidy(() => gather(gather(images, indices(height), 1), indices(width), 2));
}

function padElsewhereToInput(
  gradOutput: Tensor4D,
  { height, width }: Borders,
  mode: PaddingMode,
): Tensor4D {
  if (mode === 'zeros') {
    const size: [number, number, number, number] = [-1, height.input, width.input, -1];
    return slice(gradOutput, [0, height.before, width.before, 0], size);
  }
  const along = (border: Border): AxisMap => ({
    input: border.input,
    rows: sources(border, mode).map((first) => ({ first, weights: [1] })),
  });
  return mapImageToInput(gradOutput, { height: along(height), width: along(width) });
}

/**
 * Returns the images and the geometry for windows with this padding mode. Kernels pad with zeros
 * themselves. For any other mode, the border is added to the images first, and the windows slide
 * over the larger images.
 */
export function paddedInput(images: Tensor4D, geometry: Geometry, mode: PaddingMode) {
  if (mode === 'zeros') return { images: images.clone(), windows: geometry };
  return { images: pad2d(images, geometry, mode), windows: paddedGeometry(geometry) };
}

/**
 * The adjoint of `paddedInput`: the gradient of a border cell is added to the pixel that the cell
 * copies.
 */
export function paddedInputToInput(
  gradImages: Tensor4D,
  geometry: Geometry,
  mode: PaddingMode,
): Tensor4D {
  return mode === 'zeros' ? gradImages.clone() : pad2dToInput(gradImages, geometry, mode);
}

/** Returns the position from which each cell of a padded axis is read, or −1 for a zero. */
function sources(border: Border, mode: PaddingMode): number[] {
  return Array.from(
    { length: paddedSize(border) },
    (_, cell) => paddedPosition(cell - border.before, border.input, mode) ?? -1,
  );
}

function paddedSize({ before, input, after }: Border): number {
  return before + input + after;
}

/**
 * Calls `visit(at, from, length)` for each run of values that are contiguous in both images. `at`
 * is the run's first index in the padded image, and `from` its first index in the image without
 * border.
 */
function forEachRun(
  [batch, , , channels]: readonly number[],
  { height, width }: Borders,
  mode: PaddingMode,
  visit: (at: number, from: number, length: number) => void,
): void {
  const rows = sources(height, mode);
  const columns = sources(width, mode);
  const runs = contiguousRuns(columns);
  for (let n = 0; n < batch; n++) {
    for (let i = 0; i < rows.length; i++) {
      if (rows[i] < 0) continue;
      const cell = (n * rows.length + i) * columns.length;
      const pixel = (n * height.input + rows[i]) * width.input;
      for (const [first, length] of runs) {
        visit((cell + first) * channels, (pixel + columns[first]) * channels, length * channels);
      }
    }
  }
}

/** Returns the runs (first cell, length) of cells whose sources follow one another. */
function contiguousRuns(places: readonly number[]): [first: number, length: number][] {
  const runs: [number, number][] = [];
  places.forEach((place, cell) => {
    if (place < 0) return;
    const last = runs.at(-1);
    const continues = last !== undefined && last[0] + last[1] === cell;
    if (continues && places[cell - 1] === place - 1) last[1]++;
    else runs.push([cell, 1]);
  });
  return runs;
}
