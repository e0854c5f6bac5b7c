import type { Axis } from '../../geometry.ts';
import type { AxisMap } from '../pad/axisMap.ts';

/**
 * A window that slides along an axis, as a linear map: the sum of the cells inside the input, each times the weight
 * that `weigh` gives to their window.
 */
function slideWindow(axis: Axis, weigh: (first: number, past: number) => number): AxisMap {
  const rows = Array.from({ length: axis.output }, (_, window) => {
    const start = window * axis.stride - axis.before;
    const [first, past] = [Math.max(start, 0), Math.min(start + axis.kernel, axis.input)];
    return {
      first,
      weights: new Array<number>(past - first).fill(weigh(start, start + axis.kernel)),
    };
  });
  return { input: axis.input, rows };
}

/** The sum of each window; padding counts as 0. */
export function windowSums(axis: Axis): AxisMap {
  return slideWindow(axis, () => 1);
}

/**
 * The average of each window: over the cells inside the input, or, with `countPadding`, over those inside the padded
 * input, the padding being 0. What reaches past the padding in `ceilMode` never counts.
 */
export function windowMeans(axis: Axis, countPadding: boolean): AxisMap {
  const begin = countPadding ? -axis.before : 0;
  const end = axis.input + (countPadding ? axis.after - (axis.overhang ?? 0) : 0);
  return slideWindow(axis, (first, past) => 1 / (Math.min(past, end) - Math.max(first, begin)));
}

/** The sum of each window, as if cells that `ceilMode` makes it miss had the average of the others. */
export function windowSumsFilledUp(axis: Axis): AxisMap {
  return slideWindow(
    axis,
    (first, past) => axis.kernel / (Math.min(past, axis.input) - Math.max(first, 0)),
  );
}

/** The average over each of `output` windows that together cover the axis: cells ⌊i·input/output⌋ to ⌈(i+1)·input/output⌉. */
export function windowsThatCover(input: number, output: number): AxisMap {
  const rows = Array.from({ length: output }, (_, i) => {
    const first = Math.floor((i * input) / output);
    const size = Math.ceil(((i + 1) * input) / output) - first;
    return { first, weights: new Array<number>(size).fill(1 / size) };
  });
  return { input, rows };
}
