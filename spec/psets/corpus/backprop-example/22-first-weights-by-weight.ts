// MISTAKE: The gradient to V multiplies by the weight V[j][i] instead of the input x[i].
// TASKS: toFirstWeights
class Net {
  readonly a: number[] = [];
  readonly h: number[] = [];
  readonly o: number;

  constructor(
    readonly x: number[],
    readonly V: number[][],
    readonly w: number[],
  ) {
    for (const row of V) this.a.push(Net.sum(row, x));
    for (const aj of this.a) this.h.push(1 - 2 / (Math.exp(2 * aj) + 1));
    this.o = Net.sum(w, this.h);
  }

  static sum(u: number[], v: number[], k = u.length - 1): number {
    return k < 0 ? 0 : u[k] * v[k] + Net.sum(u, v, k - 1);
  }

  delta(t: number): number[] {
    const out = new Float64Array(this.h.length);
    for (let j = 0; j < out.length; j++) {
      out[j] = (this.o - t) * this.w[j] * (1 - this.h[j]) * (1 + this.h[j]);
    }
    return Array.from(out);
  }
}

export function hiddenInput(x: number[], V: number[][]): number[] {
  return new Net(
    x,
    V,
    V.map(() => 0),
  ).a;
}

export function output(x: number[], V: number[][], w: number[]): number {
  return new Net(x, V, w).o;
}

export function cost(x: number[], V: number[][], w: number[], t: number): number {
  return 0.5 * Math.pow(new Net(x, V, w).o - t, 2);
}

export function toHiddenInput(x: number[], V: number[][], w: number[], t: number): number[] {
  return new Net(x, V, w).delta(t);
}

export function toSecondWeights(x: number[], V: number[][], w: number[], t: number): number[] {
  const net = new Net(x, V, w);
  return net.h.map((h) => h * (net.o - t));
}

export function toFirstWeights(x: number[], V: number[][], w: number[], t: number): number[][] {
  const delta = new Net(x, V, w).delta(t);
  return V.map((row, j) => row.map((v) => delta[j] * v));
}

export function step(x: number[], V: number[][], w: number[], t: number, eta: number): number[][] {
  const net = new Net(x, V, w);
  const delta = net.delta(t);
  const newV = V.map((row, j) => row.map((v, i) => v + eta * delta[j] * x[i]));
  const newW = w.map((v, j) => v + eta * (net.o - t) * net.h[j]);
  return newV.concat([newW]);
}
