// MISTAKE: The loop over the kernel of its gradient stops one early, so the last weight gets 0.
// TASKS: backpropToParams
type Boundary = 'zeros' | 'replicate' | 'reflect' | 'circular';

/** The index that j reads, or -1 for nothing. */
function source(j: number, N: number, boundary: Boundary): number {
  if (j >= 0 && j < N) return j;
  if (boundary === 'zeros') return -1;
  if (boundary === 'replicate') return j < 0 ? 0 : N - 1;
  if (boundary === 'reflect') return j < 0 ? -j : 2 * (N - 1) - j;
  return j < 0 ? j + N : j - N;
}

export function forward(x: number[], w: number[], boundary: Boundary): number[] {
  const N = x.length;
  const p = Math.floor((w.length - 1) / 2);
  const y: number[] = [];
  for (let i = 0; i < N; i++) {
    let s = 0;
    for (let m = 0; m < w.length; m++) {
      const k = source(i - p + m, N, boundary);
      if (k >= 0) s += x[k] * w[m];
    }
    y.push(s);
  }
  return y;
}

export function backpropToInput(
  gradOutput: number[],
  x: number[],
  w: number[],
  boundary: Boundary,
): number[] {
  const N = x.length;
  const p = Math.floor((w.length - 1) / 2);
  const dx: number[] = x.map(() => 0);
  for (let i = 0; i < N; i++) {
    for (let m = 0; m < w.length; m++) {
      const k = source(i - p + m, N, boundary);
      if (k >= 0) dx[k] += gradOutput[i] * w[m];
    }
  }
  return dx;
}

export function backpropToParams(
  gradOutput: number[],
  x: number[],
  w: number[],
  boundary: Boundary,
): number[] {
  const N = x.length;
  const p = Math.floor((w.length - 1) / 2);
  const dw: number[] = w.map(() => 0);
  for (let m = 0; m < w.length - 1; m++) {
    for (let i = 0; i < N; i++) {
      const k = source(i - p + m, N, boundary);
      if (k >= 0) dw[m] += gradOutput[i] * x[k];
    }
  }
  return dw;
}
