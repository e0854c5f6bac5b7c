/** x where x is above 0, else a x. */
export function forward(x: number[], a: number): number[] {
  return x.map((v) => (v > 0 ? v : a * v));
}

/** ∂C/∂x[i] = ∂C/∂x_out[i] · h'(x[i]), where h' is 1 above 0 and a elsewhere. */
export function backpropToInput(gradOutput: number[], x: number[], a: number): number[] {
  return x.map((v, i) => gradOutput[i] * (v > 0 ? 1 : a));
}
