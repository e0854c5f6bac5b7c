import type { PaddingMode } from '../lib/geometry.ts';

/** Cells along an axis. */
export type Interval = readonly [first: number, last: number];

/** From cells of a box's output, along an axis, to the cells of its input that they depend on; undefined for none. */
export type Before = (of: Interval) => Interval | undefined;

/** The part within 0 ... size − 1, if there is one. */
export function within([first, last]: Interval, size: number): Interval | undefined {
  const inside: Interval = [Math.max(first, 0), Math.min(last, size - 1)];
  return inside[0] <= inside[1] ? inside : undefined;
}

/** The least interval that holds all; undefined for none. */
export function hull(intervals: readonly Interval[]): Interval | undefined {
  if (intervals.length === 0) return undefined;
  return [
    Math.min(...intervals.map(([first]) => first)),
    Math.max(...intervals.map(([, last]) => last)),
  ];
}

/** By the cells that each cell of the output depends on. */
export function byCell(cellsOf: (cell: number) => readonly (number | undefined)[]): Before {
  return ([first, last]) => {
    const cells = Array.from({ length: last - first + 1 }, (_, k) => cellsOf(first + k)).flat();
    return hull(cells.flatMap((cell) => (cell === undefined ? [] : [[cell, cell] as const])));
  };
}

/** The cell of an axis that stands at a place of the padded axis, whose place 0 is that of the axis. */
export function behindBorder(place: number, size: number, mode: PaddingMode): number | undefined {
  if (place >= 0 && place < size) return place;
  if (mode === 'zeros') return undefined;
  if (mode === 'circular') return (place + size) % size;
  if (mode === 'replicate') return place < 0 ? 0 : size - 1;
  return place < 0 ? -place : 2 * (size - 1) - place;
}
