import type { Tensor, Tensor4D } from '@tensorflow/tfjs-core';
import { tidy } from '../../memory.ts';
import { mapAxis, transposed } from '../pad/axisMap.ts';
import { maxPool2dToInput, maxPool2dWithWinners } from './maxPool2d.ts';
import type { MaxPooled } from './maxPool2dKernels.ts';
import type { WindowAxes, WindowAxis } from './windowCells.ts';

/**
 * Returns the maximum of each window and, on backends that record it, the cell of the maximum, for
 * `maxOfCellsToInput`. The windows may be dilated or have different sizes.
 *
 * Shapes: images [N, H, W, C]; output [N, H_out, W_out, C].
 */
export function maxOfCells(images: Tensor4D, windows: WindowAxes): MaxPooled {
  return tidy(() => maxPool2dWithWinners(cellsOf(images, windows), geometryOf(windows)));
}

/**
 * Adds the gradient of each window to the pixel with the largest value in the window. If there are
 * several such pixels, it is the first one, row by row.
 */
export function maxOfCellsToInput(
  gradOutput: Tensor4D,
  images: Tensor4D,
  output: Tensor4D,
  windows: WindowAxes,
  winners?: Tensor,
): Tensor4D {
  const { height, width } = windows;
  return tidy(() => {
    const x = cellsOf(images, windows);
    const grad = maxPool2dToInput(gradOutput, x, output, geometryOf(windows), winners);
    const back = (of: Tensor4D, axis: number, { cells }: WindowAxis) =>
      cells === undefined ? of : mapAxis(of, axis, transposed(cells));
    return back(back(grad, 2, width), 1, height);
  });
}

/** Returns the pixels over which the windows slide. */
function cellsOf(images: Tensor4D, { height, width }: WindowAxes): Tensor4D {
  const along = (of: Tensor4D, axis: number, { cells }: WindowAxis) =>
    cells === undefined ? of : mapAxis(of, axis, cells);
  return along(along(images, 1, height), 2, width);
}

function geometryOf({ height, width }: WindowAxes) {
  return { height: height.axis, width: width.axis };
}
