// MISTAKE: The derivative of the root is left out: the term is not divided by σ.
// TASKS: divisiveToInput
interface Entry {
  readonly i: number;
  readonly j: number;
  readonly weight: number;
}

/** The entries of A that are not 0. */
function entries(N: number, w: number[]): Entry[] {
  const p = w.length >> 1;
  const list: Entry[] = [];
  for (let i = 0; i < N; i++) {
    const from = Math.max(0, i - p);
    const to = Math.min(N - 1, i + p);
    const around: Entry[] = [];
    for (let j = from; j <= to; j++) around.push({ i, j, weight: w[j - i + p] });
    const total = around.reduce((s, e) => s + e.weight, 0);
    for (const e of around) list.push({ ...e, weight: e.weight / total });
  }
  return list;
}

class Divisive {
  private readonly sigma: Float64Array;
  private readonly c: number;
  private readonly list: Entry[];
  constructor(
    private readonly v: number[],
    w: number[],
  ) {
    this.list = entries(v.length, w);
    const square = new Float64Array(v.length);
    for (const { i, j, weight } of this.list) square[i] += weight * v[j] ** 2;
    this.sigma = square.map(Math.sqrt);
    this.c = this.sigma.reduce((s, x) => s + x, 0) / v.length;
  }
  large(i: number): boolean {
    return this.sigma[i] > this.c;
  }
  divisor(i: number): number {
    return this.large(i) ? this.sigma[i] : this.c;
  }
  out(): number[] {
    return this.v.map((x, i) => x / this.divisor(i));
  }
  back(g: number[]): number[] {
    const { v, sigma } = this;
    const dv = v.map((_, i) => g[i] / this.divisor(i));
    const toSigma = new Float64Array(v.length);
    v.forEach((x, i) => {
      const t = (-x * g[i]) / this.divisor(i) ** 2;
      if (this.large(i)) toSigma[i] += t;
      else for (let k = 0; k < v.length; k++) toSigma[k] += t / v.length;
    });
    for (const { i, j, weight } of this.list) dv[j] += toSigma[i] * weight * v[j];
    return dv;
  }
}

export function windowWeights(N: number, w: number[]): number[][] {
  const A: number[][] = [];
  while (A.length < N) A.push(Array<number>(N).fill(0));
  for (const { i, j, weight } of entries(N, w)) A[i][j] = weight;
  return A;
}

export function subtractive(x: number[], w: number[]): number[] {
  const v = [...x];
  for (const { i, j, weight } of entries(x.length, w)) v[i] -= weight * x[j];
  return v;
}

export function subtractiveToInput(gradOutput: number[], x: number[], w: number[]): number[] {
  const dx = [...gradOutput];
  for (const { i, j, weight } of entries(x.length, w)) dx[j] -= weight * gradOutput[i];
  return dx;
}

export function divisive(v: number[], w: number[]): number[] {
  return new Divisive(v, w).out();
}

export function divisiveToInput(gradOutput: number[], v: number[], w: number[]): number[] {
  return new Divisive(v, w).back(gradOutput);
}
