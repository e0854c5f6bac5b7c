/** A[i][j] = w[j − i + p]/Σ_k w[k − i + p], over the k inside the window and the signal */
export function windowWeights(N: number, w: number[]): number[][] {
  const p = (w.length - 1) / 2;
  return Array.from({ length: N }, (_, i) => {
    const row = Array.from({ length: N }, (__, j) => w[j - i + p] ?? 0);
    const inside = row.reduce((sum, v) => sum + v, 0);
    return row.map((v) => v / inside);
  });
}

/** v[i] = x[i] − Σ_j A[i][j] x[j] */
export function subtractive(x: number[], w: number[]): number[] {
  const A = windowWeights(x.length, w);
  return x.map((v, i) => v - A[i].reduce((sum, a, j) => sum + a * x[j], 0));
}

/** ∂C/∂x[j] = g[j] − Σ_i A[i][j] g[i] */
export function subtractiveToInput(gradOutput: number[], x: number[], w: number[]): number[] {
  const A = windowWeights(x.length, w);
  return gradOutput.map((g, j) => g - A.reduce((sum, row, i) => sum + row[j] * gradOutput[i], 0));
}

/** σ[i] = (Σ_j A[i][j] v[j]²)^½ */
function deviations(v: number[], A: number[][]): number[] {
  return A.map((row) => Math.sqrt(row.reduce((sum, a, j) => sum + a * v[j] ** 2, 0)));
}

/** y[i] = v[i]/max(c, σ[i]), c = 1/N Σ_i σ[i] */
export function divisive(v: number[], w: number[]): number[] {
  const sigma = deviations(v, windowWeights(v.length, w));
  const c = sigma.reduce((sum, s) => sum + s, 0) / v.length;
  return v.map((one, i) => one / Math.max(c, sigma[i]));
}

/** ∂C/∂v[j] = g[j]/d[j] + v[j] Σ_i A[i][j] s[i]/σ[i], with s[i] = ∂C/∂σ[i] */
export function divisiveToInput(gradOutput: number[], v: number[], w: number[]): number[] {
  const A = windowWeights(v.length, w);
  const sigma = deviations(v, A);
  const c = sigma.reduce((sum, s) => sum + s, 0) / v.length;
  const d = sigma.map((s) => Math.max(c, s));
  const toDivisor = d.map((one, i) => (-gradOutput[i] * v[i]) / one ** 2);
  const throughMean = toDivisor.reduce((sum, h, i) => sum + (sigma[i] > c ? 0 : h), 0) / v.length;
  const toSigma = toDivisor.map((h, i) => (sigma[i] > c ? h : 0) + throughMean);
  return v.map((one, j) => {
    const throughSigma = A.reduce((sum, row, i) => sum + (row[j] * toSigma[i]) / sigma[i], 0);
    return gradOutput[j] / d[j] + one * throughSigma;
  });
}
