/** y[n][c] = x[n][c] if x[n][c] > 0, else a[c] x[n][c] */
export function forward(x: number[][], a: number[]): number[][] {
  return x.map((row) => row.map((v, c) => (v > 0 ? v : a[c] * v)));
}

/** ∂C/∂x[n][c] = g[n][c] · (1 if x[n][c] > 0, else a[c]) */
export function backpropToInput(gradOutput: number[][], x: number[][], a: number[]): number[][] {
  return x.map((row, n) => row.map((v, c) => gradOutput[n][c] * (v > 0 ? 1 : a[c])));
}

/** ∂C/∂a[c] = Σ_n g[n][c] · (0 if x[n][c] > 0, else x[n][c]) */
export function backpropToParams(gradOutput: number[][], x: number[][], a: number[]): number[] {
  return a.map((_, c) =>
    x.reduce((sum, row, n) => sum + gradOutput[n][c] * Math.min(0, row[c]), 0),
  );
}
