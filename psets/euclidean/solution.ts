/** C = 1/(2N) Σ_n ‖x[n] − y[n]‖² */
export function forward(x: number[][], y: number[][]): number {
  let total = 0;
  x.forEach((row, n) => row.forEach((v, i) => (total += (v - y[n][i]) ** 2)));
  return total / (2 * x.length);
}

/** ∂C/∂x[n][i] = (x[n][i] − y[n][i])/N */
export function backpropToInput(x: number[][], y: number[][]): number[][] {
  return x.map((row, n) => row.map((v, i) => (v - y[n][i]) / x.length));
}

/** ∂C/∂y[n][i] = (y[n][i] − x[n][i])/N */
export function backpropToTarget(x: number[][], y: number[][]): number[][] {
  return y.map((row, n) => row.map((v, i) => (v - x[n][i]) / y.length));
}

/**
 * ∂C/∂x[n][i] = (x[n][i] − y[n][i])/(N ‖x[n] − y[n]‖) for C = 1/N Σ_n ‖x[n] − y[n]‖, and 0 if x[n]
 * = y[n]
 */
export function distanceToInput(x: number[][], y: number[][]): number[][] {
  return x.map((row, n) => {
    const distance = Math.hypot(...row.map((v, i) => v - y[n][i]));
    return row.map((v, i) => (distance === 0 ? 0 : (v - y[n][i]) / (x.length * distance)));
  });
}
