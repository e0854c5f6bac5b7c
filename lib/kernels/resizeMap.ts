import type { AxisMap } from './axisMap.ts';

/** Output i is the input cell ⌊i / scale⌋. */
export function nearest(input: number, output: number, scale: number): AxisMap {
  const rows = Array.from({ length: output }, (_, i) => ({
    first: Math.min(Math.floor(i / scale), input - 1),
    weights: [1],
  }));
  return { input, rows };
}

/**
 * Output i lies at u_i between the input cells ⌊u_i⌋ and ⌊u_i⌋ + 1, which count 1 − (u_i − ⌊u_i⌋) and u_i − ⌊u_i⌋.
 * With aligned corners first and last cells keep their places, u_i = i (input − 1)/(output − 1); else cells are areas
 * whose centres are scaled, u_i = (i + ½)/scale − ½. Past the first and the last centre their cells are repeated.
 */
export function linear(input: number, output: number, scale: number, alignCorners: boolean): AxisMap {
  const rows = Array.from({ length: output }, (_, i) => {
    const corners = output > 1 ? (i * (input - 1)) / (output - 1) : 0;
    const place = alignCorners ? corners : (i + 0.5) / scale - 0.5;
    const u = Math.min(Math.max(place, 0), input - 1);
    const first = Math.floor(u);
    return { first, weights: first === u ? [1] : [1 - (u - first), u - first] };
  });
  return { input, rows };
}
