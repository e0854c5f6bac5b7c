/** y_i = exp(x_i) / Σ_j exp(x_j); subtracting the largest score first prevents overflow */
export function forward(x: number[]): number[] {
  const largest = Math.max(...x);
  const exps = x.map((v) => Math.exp(v - largest));
  const sum = exps.reduce((total, e) => total + e, 0);
  return exps.map((e) => e / sum);
}

/** ∂C/∂x_i = y_i (g_i − Σ_j g_j y_j) */
export function backpropToInput(gradOutput: number[], x: number[]): number[] {
  const y = forward(x);
  const mean = gradOutput.reduce((sum, g, j) => sum + g * y[j], 0);
  return y.map((v, i) => v * (gradOutput[i] - mean));
}

/** C = −log y_t = log Σ_j exp(x_j) − x_t */
export function crossEntropy(x: number[], t: number): number {
  const largest = Math.max(...x);
  return largest + Math.log(x.reduce((sum, v) => sum + Math.exp(v - largest), 0)) - x[t];
}

/** ∂C/∂x_i = y_i − 1[i = t] */
export function crossEntropyToInput(x: number[], t: number): number[] {
  return forward(x).map((v, i) => v - (i === t ? 1 : 0));
}
