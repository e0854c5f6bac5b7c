// MISTAKE: The cost is half the difference; the square is missing.
// TASKS: cost
const dot = (u: number[], v: number[]): number => u.reduce((s, a, k) => s + a * v[k], 0);

const pass = (x: number[], V: number[][], w: number[]) => {
  const a = V.map((row) => dot(row, x));
  const h = a.map(Math.tanh);
  return { a, h, o: dot(w, h) };
};

export const hiddenInput = (x: number[], V: number[][]): number[] => V.map((row) => dot(row, x));

export const output = (x: number[], V: number[][], w: number[]): number => pass(x, V, w).o;

export const cost = (x: number[], V: number[][], w: number[], t: number): number =>
  (pass(x, V, w).o - t) / 2;

export const toHiddenInput = (x: number[], V: number[][], w: number[], t: number): number[] => {
  const { a, o } = pass(x, V, w);
  return a.map((aj, j) => ((o - t) * w[j]) / Math.cosh(aj) ** 2);
};

export const toSecondWeights = (x: number[], V: number[][], w: number[], t: number): number[] => {
  const { h, o } = pass(x, V, w);
  return h.map((hj) => (o - t) * hj);
};

export const toFirstWeights = (x: number[], V: number[][], w: number[], t: number): number[][] =>
  toHiddenInput(x, V, w, t).map((d) => x.map((xi) => d * xi));

export const step = (
  x: number[],
  V: number[][],
  w: number[],
  t: number,
  eta: number,
): number[][] => {
  const old = [...V, w];
  const grad = [...toFirstWeights(x, V, w, t), toSecondWeights(x, V, w, t)];
  return old.map((row, r) => row.map((v, k) => v + eta * grad[r][k]));
};
