/** x_out[i] = x_in[i]/(1 − p) where u[i] ≥ p, else 0 */
export function forward(x: number[], u: number[], p: number): number[] {
  return x.map((v, i) => (u[i] >= p ? v / (1 - p) : 0));
}

/** ∂C/∂x_in[i] = ∂C/∂x_out[i]/(1 − p) where u[i] ≥ p, else 0 */
export function backpropToInput(gradOutput: number[], u: number[], p: number): number[] {
  return gradOutput.map((g, i) => (u[i] >= p ? g / (1 - p) : 0));
}

/** x_out = x_in */
export function inference(x: number[]): number[] {
  return [...x];
}

/** Averaged over u, the mean of x_out[i] is x_in[i], and its variance is x_in[i]² p/(1 − p). */
export function variance(x: number[], p: number): number[] {
  return x.map((v) => (v ** 2 * p) / (1 - p));
}
