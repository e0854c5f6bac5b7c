// MISTAKE: The forward takes max(x, a x), which is wrong for slopes above 1 and below 0.
// TASKS: forward
type Cell = (v: number, n: number, c: number) => number;
const each = (x: number[][], f: Cell): number[][] =>
  x.map((row, n) => row.map((v, c) => f(v, n, c)));

const positive = (v: number): number => Math.max(v, 0);
const negative = (v: number): number => Math.min(v, 0);

export const forward = (x: number[][], a: number[]): number[][] =>
  each(x, (v, n, c) => Math.max(v, a[c] * v));

export const backpropToInput = (gradOutput: number[][], x: number[][], a: number[]): number[][] =>
  each(x, (v, n, c) => (v > 0 ? 1 : a[c]) * gradOutput[n][c]);

export const backpropToParams = (gradOutput: number[][], x: number[][], a: number[]): number[] =>
  a.map((_, c) => x.reduce((s, row, n) => s + gradOutput[n][c] * negative(row[c]), 0));
