/** x_out[n][i] = b[i] + Σ_j W[i][j] x_in[n][j] */
export function forward(x: number[][], W: number[][], b: number[]): number[][] {
  return x.map((row) =>
    W.map((weights, i) => weights.reduce((sum, v, j) => sum + v * row[j], b[i])),
  );
}

/** ∂C/∂x_in[n][j] = Σ_i ∂C/∂x_out[n][i] W[i][j] */
export function backpropToInput(gradOutput: number[][], x: number[][], W: number[][]): number[][] {
  return x.map((row, n) =>
    row.map((_, j) => W.reduce((sum, weights, i) => sum + gradOutput[n][i] * weights[j], 0)),
  );
}

/** ∂C/∂W[i][j] = Σ_n ∂C/∂x_out[n][i] x_in[n][j] */
export function backpropToWeight(gradOutput: number[][], x: number[][], W: number[][]): number[][] {
  return W.map((weights, i) =>
    weights.map((_, j) => x.reduce((sum, row, n) => sum + gradOutput[n][i] * row[j], 0)),
  );
}

/** ∂C/∂b[i] = Σ_n ∂C/∂x_out[n][i] */
export function backpropToBias(gradOutput: number[][], b: number[]): number[] {
  return b.map((_, i) => gradOutput.reduce((sum, row) => sum + row[i], 0));
}
