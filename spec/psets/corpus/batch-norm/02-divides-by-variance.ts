// MISTAKE: The forward divides by the variance instead of the deviation; the root is missing.
// TASKS: forward
function mean(x: number[]): number {
  let s = 0;
  for (let i = 0; i < x.length; i++) s += x[i];
  return s / x.length;
}

function variance(x: number[]): number {
  const mu = mean(x);
  let s = 0;
  for (let i = 0; i < x.length; i++) s += (x[i] - mu) * (x[i] - mu);
  return s / x.length;
}

export function forward(x: number[], gamma: number, beta: number, eps: number): number[] {
  const mu = mean(x);
  const std = variance(x) + eps;
  return x.map((v) => (gamma * (v - mu)) / std + beta);
}

export function backpropToInput(
  gradOutput: number[],
  x: number[],
  gamma: number,
  eps: number,
): number[] {
  const m = x.length;
  const mu = mean(x);
  const v = variance(x);
  const dxhat = gradOutput.map((g) => g * gamma);
  let dvar = 0;
  for (let i = 0; i < m; i++) dvar += dxhat[i] * (x[i] - mu) * -0.5 * Math.pow(v + eps, -1.5);
  let dmu = 0;
  for (let i = 0; i < m; i++) dmu += -dxhat[i] / Math.sqrt(v + eps);
  const dx: number[] = [];
  for (let i = 0; i < m; i++) {
    dx.push(dxhat[i] / Math.sqrt(v + eps) + (dvar * 2 * (x[i] - mu)) / m + dmu / m);
  }
  return dx;
}

export function backpropToGamma(gradOutput: number[], x: number[], eps: number): number {
  const mu = mean(x);
  const std = Math.sqrt(variance(x) + eps);
  let s = 0;
  for (let i = 0; i < x.length; i++) s += (gradOutput[i] * (x[i] - mu)) / std;
  return s;
}

export function backpropToBeta(gradOutput: number[]): number {
  let s = 0;
  for (let i = 0; i < gradOutput.length; i++) s += gradOutput[i];
  return s;
}
