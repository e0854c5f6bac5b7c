import type { Axis } from '../../geometry.ts';
import type { AxisMap } from '../pad/imageMap.ts';

/**
 * Returns the linear map of a window that slides along an axis. The map computes the sum of the
 * window's cells inside the input, times a weight that may depend on the first cell and the end of
 * the window.
 */
function slideWindow(axis: Axis, weightOf: (first: number, past: number) => number): AxisMap {
  const rows = Array.from({ length: axis.output }, (_, window) => {
    const start = window * axis.stride - axis.before;
    const [first, past] = [Math.max(start, 0), Math.min(start + axis.kernel, axis.input)];
    const weight = weightOf(start, start + axis.kernel);
    return { first, weights: new Array<number>(past - first).fill(weight) };
  });
  return { input: axis.input, rows };
}

/** Returns the linear map that computes the sum of each window. Padding counts as 0. */
export function windowSums(axis: Axis): AxisMap {
  return slideWindow(axis, () => 1);
}

/**
 * Returns the linear map that computes the average of each window: over its cells inside the input
 * or, with `countPadding`, inside the padded input, whose padding is 0. Cells beyond the padding,
 * which `ceilMode` adds, never count.
 */
export function windowMeans(axis: Axis, countPadding: boolean): AxisMap {
  const count = cellsInWindow(axis, countPadding);
  return slideWindow(axis, (first, past) => 1 / count(first, past));
}

/** Returns a function of a window: the number of cells over which `windowMeans` averages. */
export function cellsInWindow(
  axis: Axis,
  countPadding: boolean,
): (first: number, past: number) => number {
  const begin = countPadding ? -axis.before : 0;
  const end = axis.input + (countPadding ? axis.after - (axis.overhang ?? 0) : 0);
  return (first, past) => Math.min(past, end) - Math.max(first, begin);
}

/**
 * Returns the linear map that computes the sum of each window. A cell outside the input counts as
 * the average of the window's cells inside the input.
 */
export function windowSumsFilledUp(axis: Axis): AxisMap {
  return slideWindow(
    axis,
    (first, past) => axis.kernel / (Math.min(past, axis.input) - Math.max(first, 0)),
  );
}

/**
 * Returns the linear map that computes the average of each of `output` windows that together cover
 * the axis. Window i consists of the cells ⌊i·input/output⌋ ... ⌈(i+1)·input/output⌉ − 1.
 */
export function windowsThatCover(input: number, output: number): AxisMap {
  const rows = Array.from({ length: output }, (_, i) => {
    const first = Math.floor((i * input) / output);
    const size = Math.ceil(((i + 1) * input) / output) - first;
    return { first, weights: new Array<number>(size).fill(1 / size) };
  });
  return { input, rows };
}
