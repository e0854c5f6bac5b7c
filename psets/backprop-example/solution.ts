const dot = (a: number[], b: number[]) => a.reduce((sum, v, i) => sum + v * b[i], 0);

/** a[j] = Σ_i V[j][i] x[i] */
export function hiddenInput(x: number[], V: number[][]): number[] {
  return V.map((row) => dot(row, x));
}

/** o = Σ_j w[j] tanh a[j] */
export function output(x: number[], V: number[][], w: number[]): number {
  return dot(w, hiddenInput(x, V).map(Math.tanh));
}

/** E = ½ (o − t)² */
export function cost(x: number[], V: number[][], w: number[], t: number): number {
  return 0.5 * (output(x, V, w) - t) ** 2;
}

/** ∂E/∂a[j] = (o − t) w[j] (1 − tanh² a[j]) */
export function toHiddenInput(x: number[], V: number[][], w: number[], t: number): number[] {
  const error = output(x, V, w) - t;
  return hiddenInput(x, V).map((a, j) => error * w[j] * (1 - Math.tanh(a) ** 2));
}

/** ∂E/∂w[j] = (o − t) tanh a[j] */
export function toSecondWeights(x: number[], V: number[][], w: number[], t: number): number[] {
  const error = output(x, V, w) - t;
  return hiddenInput(x, V).map((a) => error * Math.tanh(a));
}

/** ∂E/∂V[j][i] = ∂E/∂a[j] · x[i] */
export function toFirstWeights(x: number[], V: number[][], w: number[], t: number): number[][] {
  return toHiddenInput(x, V, w, t).map((g) => x.map((v) => g * v));
}

/** The new weights: the rows of V + η ∂E/∂V, and w + η ∂E/∂w as the last row. η is below 0. */
export function step(x: number[], V: number[][], w: number[], t: number, eta: number): number[][] {
  const [first, second] = [toFirstWeights(x, V, w, t), toSecondWeights(x, V, w, t)];
  return [
    ...V.map((row, j) => row.map((v, i) => v + eta * first[j][i])),
    w.map((v, j) => v + eta * second[j]),
  ];
}
