/** Returns 1/√(σ² + ε) and the normalized input x̂ of one feature. */
function normalized(x: number[], eps: number): { scale: number; xHat: number[] } {
  const m = x.length;
  const mean = x.reduce((sum, v) => sum + v, 0) / m;
  const variance = x.reduce((sum, v) => sum + (v - mean) ** 2, 0) / m;
  const scale = 1 / Math.sqrt(variance + eps);
  return { scale, xHat: x.map((v) => (v - mean) * scale) };
}

/** y_i = γ x̂_i + β */
export function forward(x: number[], gamma: number, beta: number, eps: number): number[] {
  return normalized(x, eps).xHat.map((v) => gamma * v + beta);
}

/** ∂C/∂x_i = γ/√(σ² + ε) · (g_i − (1/m) Σ_j g_j − x̂_i (1/m) Σ_j g_j x̂_j) */
export function backpropToInput(
  gradOutput: number[],
  x: number[],
  gamma: number,
  eps: number,
): number[] {
  const { scale, xHat } = normalized(x, eps);
  const meanG = gradOutput.reduce((sum, g) => sum + g, 0) / x.length;
  const meanGX = gradOutput.reduce((sum, g, j) => sum + g * xHat[j], 0) / x.length;
  return xHat.map((v, i) => gamma * scale * (gradOutput[i] - meanG - v * meanGX));
}

/** ∂C/∂γ = Σ_i g_i x̂_i */
export function backpropToGamma(gradOutput: number[], x: number[], eps: number): number {
  const { xHat } = normalized(x, eps);
  return gradOutput.reduce((sum, g, i) => sum + g * xHat[i], 0);
}

/** ∂C/∂β = Σ_i g_i */
export function backpropToBeta(gradOutput: number[]): number {
  return gradOutput.reduce((sum, g) => sum + g, 0);
}
