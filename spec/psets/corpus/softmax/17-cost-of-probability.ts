// MISTAKE: The cost is −log of the probability, which is infinite where the probability rounds to 0.
// TASKS: crossEntropy
/** log Σ exp, by adding one score after the other. */
const logAddExp = (a: number, b: number): number =>
  Math.max(a, b) + Math.log1p(Math.exp(-Math.abs(a - b)));
const logSumExp = (x: number[]): number => x.reduce(logAddExp);

export const forward = (x: number[]): number[] => {
  const l = logSumExp(x);
  return x.map((v) => Math.exp(v - l));
};

export const backpropToInput = (gradOutput: number[], x: number[]): number[] => {
  const y = forward(x);
  const mean = y.reduce((s, yi, i) => s + yi * gradOutput[i], 0);
  return y.map((yi, i) => yi * (gradOutput[i] - mean));
};

export const crossEntropy = (x: number[], t: number): number => -Math.log(forward(x)[t]);

export const crossEntropyToInput = (x: number[], t: number): number[] =>
  forward(x).map((yi, i) => (i === t ? yi - 1 : yi));
