export function windowWeights(N: number, w: number[]): number[][] {
  const p = (w.length - 1) / 2;
  const A: number[][] = [];
  for (let i = 0; i < N; i++) {
    const row: number[] = new Array(N).fill(0);
    let sum = 0;
    for (let m = 0; m < w.length; m++) {
      const j = i - p + m;
      if (j >= 0 && j < N) {
        row[j] = w[m];
        sum += w[m];
      }
    }
    A.push(row.map((v) => v / sum));
  }
  return A;
}

export function subtractive(x: number[], w: number[]): number[] {
  const A = windowWeights(x.length, w);
  const v: number[] = [];
  for (let i = 0; i < x.length; i++) {
    let mean = 0;
    for (let j = 0; j < x.length; j++) mean += A[i][j] * x[j];
    v.push(x[i] - mean);
  }
  return v;
}

export function subtractiveToInput(gradOutput: number[], x: number[], w: number[]): number[] {
  const A = windowWeights(x.length, w);
  const dx: number[] = [];
  for (let j = 0; j < x.length; j++) {
    let back = 0;
    for (let i = 0; i < x.length; i++) back += A[i][j] * gradOutput[i];
    dx.push(gradOutput[j] - back);
  }
  return dx;
}

function deviations(v: number[], A: number[][]): number[] {
  const sigma: number[] = [];
  for (let i = 0; i < v.length; i++) {
    let s = 0;
    for (let j = 0; j < v.length; j++) s += A[i][j] * v[j] * v[j];
    sigma.push(Math.sqrt(s));
  }
  return sigma;
}

function mean(a: number[]): number {
  let s = 0;
  for (let i = 0; i < a.length; i++) s += a[i];
  return s / a.length;
}

export function divisive(v: number[], w: number[]): number[] {
  const sigma = deviations(v, windowWeights(v.length, w));
  const c = mean(sigma);
  return v.map((vi, i) => vi / Math.max(c, sigma[i]));
}

export function divisiveToInput(gradOutput: number[], v: number[], w: number[]): number[] {
  const N = v.length;
  const A = windowWeights(N, w);
  const sigma = deviations(v, A);
  const c = mean(sigma);
  const dv: number[] = new Array(N).fill(0);
  const dsigma: number[] = new Array(N).fill(0);
  let dc = 0;
  for (let i = 0; i < N; i++) {
    const d = Math.max(c, sigma[i]);
    dv[i] += gradOutput[i] / d;
    const dd = (-gradOutput[i] * v[i]) / (d * d);
    if (sigma[i] > c) dsigma[i] += dd;
    else dc += dd;
  }
  for (let i = 0; i < N; i++) dsigma[i] += dc / N;
  for (let i = 0; i < N; i++) {
    for (let j = 0; j < N; j++) dv[j] += (dsigma[i] * A[i][j] * v[j]) / sigma[i];
  }
  return dv;
}
