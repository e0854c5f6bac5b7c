// MISTAKE: The cost is summed over the examples and not averaged.
// TASKS: forward
const minus = (a: number[], b: number[]): number[] => a.map((v, i) => v - b[i]);
const scale = (k: number, a: number[]): number[] => a.map((v) => k * v);
const norm = (a: number[]): number => Math.hypot(...a);

export const forward = (x: number[][], y: number[][]): number =>
  x.map((row, n) => norm(minus(row, y[n])) ** 2 / 2).reduce((s, c) => s + c, 0);

export const backpropToInput = (x: number[][], y: number[][]): number[][] =>
  x.map((row, n) => scale(1 / x.length, minus(row, y[n])));

export const backpropToTarget = (x: number[][], y: number[][]): number[][] => backpropToInput(y, x);

export const distanceToInput = (x: number[][], y: number[][]): number[][] =>
  x.map((row, n) => {
    const d = minus(row, y[n]);
    const length = norm(d);
    return length > 0 ? scale(1 / length / x.length, d) : d.map(() => 0);
  });
