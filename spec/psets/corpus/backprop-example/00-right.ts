export function hiddenInput(x: number[], V: number[][]): number[] {
  const a: number[] = [];
  for (let j = 0; j < V.length; j++) {
    let s = 0;
    for (let i = 0; i < x.length; i++) s += V[j][i] * x[i];
    a.push(s);
  }
  return a;
}

export function output(x: number[], V: number[][], w: number[]): number {
  const a = hiddenInput(x, V);
  let o = 0;
  for (let j = 0; j < w.length; j++) o += w[j] * Math.tanh(a[j]);
  return o;
}

export function cost(x: number[], V: number[][], w: number[], t: number): number {
  const d = output(x, V, w) - t;
  return 0.5 * d * d;
}

export function toHiddenInput(x: number[], V: number[][], w: number[], t: number): number[] {
  const a = hiddenInput(x, V);
  const d = output(x, V, w) - t;
  const da: number[] = [];
  for (let j = 0; j < a.length; j++) {
    const h = Math.tanh(a[j]);
    da.push(d * w[j] * (1 - h * h));
  }
  return da;
}

export function toSecondWeights(x: number[], V: number[][], w: number[], t: number): number[] {
  const a = hiddenInput(x, V);
  const d = output(x, V, w) - t;
  const dw: number[] = [];
  for (let j = 0; j < w.length; j++) dw.push(d * Math.tanh(a[j]));
  return dw;
}

export function toFirstWeights(x: number[], V: number[][], w: number[], t: number): number[][] {
  const da = toHiddenInput(x, V, w, t);
  const dV: number[][] = [];
  for (let j = 0; j < V.length; j++) {
    dV.push([]);
    for (let i = 0; i < x.length; i++) dV[j].push(da[j] * x[i]);
  }
  return dV;
}

export function step(x: number[], V: number[][], w: number[], t: number, eta: number): number[][] {
  const dV = toFirstWeights(x, V, w, t);
  const dw = toSecondWeights(x, V, w, t);
  const next: number[][] = [];
  for (let j = 0; j < V.length; j++) {
    next.push([]);
    for (let i = 0; i < x.length; i++) next[j].push(V[j][i] + eta * dV[j][i]);
  }
  next.push([]);
  for (let j = 0; j < w.length; j++) next[V.length].push(w[j] + eta * dw[j]);
  return next;
}
