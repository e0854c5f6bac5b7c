// MISTAKE: The variance is computed over the units of the vector and not over the random numbers.
// TASKS: variance
const mask = (u: number[], p: number): number[] => u.map((ui) => (ui < p ? 0 : 1));
const multiply = (a: number[], b: number[], k: number): number[] => a.map((v, i) => v * b[i] * k);

export const forward = (x: number[], u: number[], p: number): number[] =>
  multiply(x, mask(u, p), 1 / (1 - p));

export const backpropToInput = (gradOutput: number[], u: number[], p: number): number[] =>
  multiply(gradOutput, mask(u, p), 1 / (1 - p));

export const inference = (x: number[], p: number): number[] => x.map((v) => v);

export const variance = (x: number[], p: number): number[] => {
  const keep = 1 - p;
  return (() => {
    const mean = x.reduce((s, v) => s + v, 0) / x.length;
    const spread = x.reduce((s, v) => s + (v - mean) ** 2, 0) / x.length;
    return x.map(() => (spread * p) / keep);
  })();
};
