import type { Axis } from '../../geometry.ts';
import type { AxisMap } from '../pad/imageMap.ts';
import { windowsThatCover } from './windowMap.ts';

/**
 * The windows along an axis, expressed as a sliding window without dilation. It may slide over
 * cells that are copies of the input's.
 */
export interface WindowAxis {
  readonly axis: Axis;
  /**
   * The map from the input to these copies. It is undefined if the window slides over the input
   * itself.
   */
  readonly cells?: AxisMap;
}

/** The windows over an image. */
export interface WindowAxes {
  readonly height: WindowAxis;
  readonly width: WindowAxis;
}

/**
 * Returns the windows, H' by W' of them, that cover images of this shape; see `windowsThatCover`.
 */
export function coverAxes(
  [, height, width]: readonly number[],
  size: readonly [number, number],
): WindowAxes {
  return { height: coverAxis(height, size[0]), width: coverAxis(width, size[1]) };
}

/** Returns the windows that cover one axis; see `windowsThatCover`. */
export function coverAxis(input: number, output: number): WindowAxis {
  const windows = windowsThatCover(input, output).rows.map(({ first, weights }) =>
    weights.map((_, k) => first + k),
  );
  const kernel = Math.max(...windows.map(({ length }) => length));
  const stride = output > 1 ? windows[1][0] : kernel;
  const slides = windows.every(
    ([first], i) => first === i * stride && windows[i].length === kernel,
  );
  if (!slides || stride === 0) return inOneRow(input, windows, kernel);
  return { axis: { input, output, kernel, stride, dilation: 1, before: 0, after: 0 } };
}

/** Returns the windows of an axis that may be dilated. */
export function dilatedWindows(axis: Axis): WindowAxis {
  if (axis.dilation === 1) return { axis };
  return inOneRow(axis.input, cellsOfWindows(axis), axis.kernel);
}

/** Returns whether a window has no cell of the input, but only padding. */
export function hasEmptyWindow(axis: Axis): boolean {
  return axis.dilation > 1 && cellsOfWindows(axis).some(({ length }) => length === 0);
}

function cellsOfWindows({ input, output, kernel, stride, dilation, before }: Axis): number[][] {
  return Array.from({ length: output }, (_, i) =>
    Array.from({ length: kernel }, (_, k) => i * stride - before + k * dilation).filter(
      (cell) => cell >= 0 && cell < input,
    ),
  );
}

/**
 * Puts the cells of all windows one after another. A window with fewer cells than the others
 * repeats its last cell. This copy comes after its original, so it is never the first maximum.
 */
function inOneRow(
  input: number,
  windows: readonly (readonly number[])[],
  kernel: number,
): WindowAxis {
  const rows = windows.flatMap((cells) =>
    Array.from({ length: kernel }, (_, k) => ({
      first: cells[Math.min(k, cells.length - 1)],
      weights: [1],
    })),
  );
  const output = windows.length;
  return {
    axis: {
      ...{ input: rows.length, output, kernel, stride: kernel },
      ...{ dilation: 1, before: 0, after: 0 },
    },
    cells: { input, rows },
  };
}
