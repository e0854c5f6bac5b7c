const sum = (a: number[]): number => a.reduce((s, v) => s + v, 0);
const dot = (a: number[], b: number[]): number => a.reduce((s, v, k) => s + v * b[k], 0);
const times = (M: number[][], v: number[]): number[] => M.map((row) => dot(row, v));
const timesTransposed = (M: number[][], g: number[]): number[] =>
  M[0].map((_, j) => M.reduce((s, row, i) => s + row[j] * g[i], 0));

export const windowWeights = (N: number, w: number[]): number[][] => {
  const p = (w.length - 1) / 2;
  return Array.from({ length: N }, (_, i) => {
    const row = Array.from({ length: N }, (_, j) => w[j - i + p] ?? 0);
    const total = sum(row);
    return row.map((v) => v / total);
  });
};

export const subtractive = (x: number[], w: number[]): number[] => {
  const local = times(windowWeights(x.length, w), x);
  return x.map((v, i) => v - local[i]);
};

export const subtractiveToInput = (gradOutput: number[], x: number[], w: number[]): number[] => {
  const back = timesTransposed(windowWeights(x.length, w), gradOutput);
  return gradOutput.map((g, i) => g - back[i]);
};

const statistics = (v: number[], w: number[]) => {
  const A = windowWeights(v.length, w);
  const sigma = times(
    A,
    v.map((vi) => vi * vi),
  ).map(Math.sqrt);
  return { A, sigma, c: sum(sigma) / v.length };
};

export const divisive = (v: number[], w: number[]): number[] => {
  const { sigma, c } = statistics(v, w);
  return v.map((vi, i) => vi / Math.max(c, sigma[i]));
};

export const divisiveToInput = (gradOutput: number[], v: number[], w: number[]): number[] => {
  const { A, sigma, c } = statistics(v, w);
  const N = v.length;
  const d = sigma.map((s) => Math.max(c, s));
  const toD = d.map((di, i) => -(gradOutput[i] * v[i]) / di ** 2);
  const toC = sum(toD.filter((_, i) => sigma[i] <= c));
  const toSigma = toD.map((t, i) => (sigma[i] > c ? t : 0) + toC / N);
  const toSquares = timesTransposed(
    A,
    toSigma.map((t, i) => t / (2 * sigma[i])),
  );
  return v.map((vi, i) => gradOutput[i] / d[i] + 2 * vi * toSquares[i]);
};
