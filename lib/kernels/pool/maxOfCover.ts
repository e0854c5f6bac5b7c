import type { Tensor, Tensor4D } from '@tensorflow/tfjs-core';
import type { Axis } from '../../geometry.ts';
import { tidy } from '../../memory.ts';
import { mapAxis, transposed, type AxisMap } from '../pad/axisMap.ts';
import { maxPool2dToInput, maxPool2dWithWinners } from './maxPool2d.ts';
import type { MaxPooled } from './maxPool2dKernels.ts';
import { windowsThatCover } from './windowMap.ts';

/** The windows that cover an axis, as those of a sliding window. */
export interface CoveredAxis {
  readonly axis: Axis;
  /** The map to the cells over which the window slides, if they are not the cells of the input. */
  readonly cells?: AxisMap;
}

/**
 * Returns the windows of `windowsThatCover` as those of a sliding window. If their sizes or their
 * distances differ, the cells of the windows are put one after another, and each window repeats its
 * last cell until all windows have the same size. A repeated cell comes after its original, so it
 * is never the first maximum.
 */
export function coverAxis(input: number, output: number): CoveredAxis {
  const { rows } = windowsThatCover(input, output);
  const sizes = rows.map(({ weights }) => weights.length);
  const kernel = Math.max(...sizes);
  const stride = output > 1 ? rows[1].first : kernel;
  const along = (cells: number, distance: number): Axis => ({
    ...{ input: cells, output, kernel, stride: distance, dilation: 1, before: 0, after: 0 },
  });
  const slides = rows.every(({ first }, i) => first === i * stride && sizes[i] === kernel);
  if (slides && stride > 0) return { axis: along(input, stride) };
  const cells = rows.flatMap(({ first }, i) =>
    Array.from({ length: kernel }, (_, k) => ({
      first: first + Math.min(k, sizes[i] - 1),
      weights: [1],
    })),
  );
  return { axis: along(output * kernel, kernel), cells: { input, rows: cells } };
}

/**
 * Returns the maximum of each of [H', W'] windows that together cover the images, and, on backends
 * that record it, the cell of the maximum, for `maxOfCoverToInput`.
 *
 * Shapes: images [N, H, W, C]; output [N, H', W', C].
 */
export function maxOfCover(images: Tensor4D, size: readonly [number, number]): MaxPooled {
  return tidy(() => {
    const { x, geometry } = inWindows(images, size);
    return maxPool2dWithWinners(x, geometry);
  });
}

/**
 * Adds the gradient of each window to the pixel with the largest value in the window. If there are
 * several such pixels, it is the first one, row by row.
 */
export function maxOfCoverToInput(
  gradOutput: Tensor4D,
  images: Tensor4D,
  output: Tensor4D,
  winners?: Tensor,
): Tensor4D {
  return tidy(() => {
    const [, rows, columns] = output.shape;
    const { x, geometry, height, width } = inWindows(images, [rows, columns]);
    const grad = maxPool2dToInput(gradOutput, x, output, geometry, winners);
    const along = (of: Tensor4D, axis: number, { cells }: CoveredAxis) =>
      cells === undefined ? of : mapAxis(of, axis, transposed(cells));
    return along(along(grad, 2, width), 1, height);
  });
}

/** Returns the pixels over which the windows slide. */
function inWindows(images: Tensor4D, size: readonly [number, number]) {
  const [height, width] = size.map((output, i) => coverAxis(images.shape[1 + i], output));
  const along = (of: Tensor4D, axis: number, { cells }: CoveredAxis) =>
    cells === undefined ? of : mapAxis(of, axis, cells);
  const x = along(along(images, 1, height), 2, width);
  return { x, geometry: { height: height.axis, width: width.axis }, height, width };
}
