// MISTAKE: The gradient to the input treats mean and variance as constants.
// TASKS: backpropToInput
const sum = (a: number[]): number => a.reduce((s, v) => s + v, 0);
const dot = (a: number[], b: number[]): number => sum(a.map((v, i) => v * b[i]));

const normalize = (x: number[], eps: number) => {
  const mu = sum(x) / x.length;
  const centred = x.map((v) => v - mu);
  const inv = 1 / Math.sqrt(dot(centred, centred) / x.length + eps);
  return { xhat: centred.map((v) => v * inv), inv };
};

export const forward = (x: number[], gamma: number, beta: number, eps: number): number[] =>
  normalize(x, eps).xhat.map((v) => gamma * v + beta);

export const backpropToInput = (
  gradOutput: number[],
  x: number[],
  gamma: number,
  eps: number,
): number[] => {
  const { xhat, inv } = normalize(x, eps);
  const m = x.length;
  const total = sum(gradOutput);
  const along = dot(gradOutput, xhat);
  return gradOutput.map((g, i) => gamma * inv * g);
};

export const backpropToGamma = (gradOutput: number[], x: number[], eps: number): number =>
  dot(gradOutput, normalize(x, eps).xhat);

export const backpropToBeta = (gradOutput: number[]): number => sum(gradOutput);
