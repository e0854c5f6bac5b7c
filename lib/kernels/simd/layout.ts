import type { Axis } from '../../geometry.ts';

/*
 * Computes the fields of the structs of source/axis.h and source/conv2d.c, in the order of the
 * structs.
 */

/** The part of an axis that the kernels need. */
export type AxisFields = Pick<
  Axis,
  'input' | 'output' | 'kernel' | 'stride' | 'dilation' | 'before'
>;

/** Returns the fields of `struct Axis`. */
export function axisFields({
  input,
  output,
  kernel,
  stride,
  dilation,
  before,
}: AxisFields): number[] {
  return [input, output, kernel, stride, dilation, before];
}

/** Returns the number of cells that `count` consecutive windows cover together. */
export function reach({ stride, kernel, dilation }: AxisFields, count: number): number {
  return (count - 1) * stride + (kernel - 1) * dilation + 1;
}

/** Returns whether no window reaches into the padding. */
export function isInside(axis: AxisFields): boolean {
  return axis.before <= 0 && reach(axis, axis.output) - axis.before <= axis.input;
}

/**
 * Returns the largest number of rows of windows whose cells have at most `size` values together. It
 * is at least 1.
 */
export function rowsOfStrip(
  height: AxisFields,
  width: AxisFields,
  channels: number,
  size: number,
): number {
  const cellRows = Math.floor(size / (reach(width, width.output) * channels));
  const rows = Math.floor((cellRows - reach(height, 1)) / height.stride) + 1;
  return Math.min(Math.max(rows, 1), height.output);
}

/** The number of columns of a panel. */
export const PANEL = 8;

/** The number of rows of a tile, which is also the number of taps that are computed at once. */
export const TILE = 4;

/** Returns the sum of the widths of all panels of a matrix with this number of columns. */
export function panelsWidth(columns: number): number {
  return Math.ceil(columns / 4) * 4;
}
