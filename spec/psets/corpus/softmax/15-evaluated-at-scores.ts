// MISTAKE: The Jacobian is computed with the scores instead of the probabilities.
// TASKS: backpropToInput
/** One probability is 1 over the sum of all exp(x_j − x_i); exp may be infinite, then the result is 0. */
const probability = (x: number[], i: number): number =>
  1 / x.reduce((s, xj) => s + Math.exp(xj - x[i]), 0);

class Jacobian {
  private readonly entries: Float64Array;
  constructor(
    y: number[],
    private readonly size = y.length,
  ) {
    this.entries = new Float64Array(size * size);
    for (let i = 0; i < size; i++) {
      for (let j = 0; j < size; j++)
        this.entries[i * size + j] = (i === j ? y[i] : 0) - y[i] * y[j];
    }
  }
  times(g: number[]): number[] {
    return g.map((_, i) => g.reduce((s, gj, j) => s + this.entries[i * this.size + j] * gj, 0));
  }
}

export function forward(x: number[]): number[] {
  return x.map((_, i) => probability(x, i));
}

export function backpropToInput(gradOutput: number[], x: number[]): number[] {
  return new Jacobian(x).times(gradOutput);
}

export function crossEntropy(x: number[], t: number): number {
  const best = x.reduce((m, v) => (v > m ? v : m), -Infinity);
  const tail = x.map((v) => Math.exp(v - best)).sort((a, b) => a - b);
  return Math.log(tail.reduce((s, v) => s + v, 0)) + (best - x[t]);
}

export function crossEntropyToInput(x: number[], t: number): number[] {
  return x.map((_, i) => probability(x, i) - Number(i === t));
}
