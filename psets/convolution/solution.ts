/**
 * How the signal is continued outside the input: with 0, with its nearest end, as a mirror image,
 * or periodically.
 */
export type Boundary = 'zeros' | 'replicate' | 'reflect' | 'circular';

/**
 * Returns ρ(j), the index of the element of x that is read at index j, or −1 if 0 is read there.
 */
export function source(j: number, N: number, boundary: Boundary): number {
  if (j >= 0 && j < N) return j;
  switch (boundary) {
    case 'zeros':
      return -1;
    case 'replicate':
      return j < 0 ? 0 : N - 1;
    case 'reflect':
      return j < 0 ? -j : 2 * (N - 1) - j;
    case 'circular':
      return j < 0 ? j + N : j - N;
  }
}

/**
 * Calls `visit(i, j, m)` for every kernel element m of every output i that reads an element j of
 * the input.
 */
function eachTerm(
  N: number,
  M: number,
  boundary: Boundary,
  visit: (i: number, j: number, m: number) => void,
) {
  const p = Math.floor((M - 1) / 2);
  for (let i = 0; i < N; i++) {
    for (let m = 0; m < M; m++) {
      const j = source(i - p + m, N, boundary);
      if (j >= 0) visit(i, j, m);
    }
  }
}

/** x_out[i] = Σ_m x_in[ρ(i − p + m)] w[m] */
export function forward(x: number[], w: number[], boundary: Boundary): number[] {
  const out = x.map(() => 0);
  eachTerm(x.length, w.length, boundary, (i, j, m) => (out[i] += x[j] * w[m]));
  return out;
}

/** ∂C/∂x_in[j] = Σ_{i,m: ρ(i−p+m)=j} ∂C/∂x_out[i] w[m] */
export function backpropToInput(
  gradOutput: number[],
  x: number[],
  w: number[],
  boundary: Boundary,
): number[] {
  const gradInput = x.map(() => 0);
  eachTerm(x.length, w.length, boundary, (i, j, m) => (gradInput[j] += gradOutput[i] * w[m]));
  return gradInput;
}

/** ∂C/∂w[m] = Σ_i ∂C/∂x_out[i] x_in[ρ(i − p + m)] */
export function backpropToParams(
  gradOutput: number[],
  x: number[],
  w: number[],
  boundary: Boundary,
): number[] {
  const gradWeight = w.map(() => 0);
  eachTerm(x.length, w.length, boundary, (i, j, m) => (gradWeight[m] += gradOutput[i] * x[j]));
  return gradWeight;
}
