// MISTAKE: forwardSame reads zeros outside the input, so borders of negative numbers give 0.
// TASKS: forwardSame
const range = (from: number, to: number): number[] =>
  Array.from({ length: to - from }, (_, k) => from + k);

const windows = (N: number, K: number, S: number): number[][] =>
  range(0, Math.floor((N - K) / S) + 1).map((i) => range(i * S, i * S + K));

const windowsSame = (N: number, K: number): number[][] =>
  range(0, N).map((i) => {
    const first = i - Math.floor((K - 1) / 2);
    return range(Math.max(first, 0), Math.min(first + K, N));
  });

const winner = (x: number[], window: number[]): number =>
  window.reduce((best, k) => (x[k] > x[best] ? k : best));

const scatter = (gradient: number[], x: number[], all: number[][]): number[] => {
  const winners = all.map((window) => winner(x, window));
  return x.map((_, k) => gradient.reduce((s, g, i) => (winners[i] === k ? s + g : s), 0));
};

export const forward = (x: number[], K: number, S: number): number[] =>
  windows(x.length, K, S).map((window) => Math.max(...window.map((k) => x[k])));

export const backpropToInput = (
  gradOutput: number[],
  x: number[],
  K: number,
  S: number,
): number[] => scatter(gradOutput, x, windows(x.length, K, S));

export const forwardSame = (x: number[], K: number): number[] =>
  x.map((_, i) => Math.max(...range(0, K).map((m) => x[i - Math.floor((K - 1) / 2) + m] ?? 0)));

export const backpropSameToInput = (gradSame: number[], x: number[], K: number): number[] =>
  scatter(gradSame, x, windowsSame(x.length, K));
