// MISTAKE: The gradient to the kernel is divided by the length of the signal.
// TASKS: backpropToParams
/** Row i of the matrix T with x_out = T x_in; each entry lists the m that read it. */
function toeplitz(N: number, M: number, boundary: string): number[][][] {
  const p = Math.ceil(M / 2) - 1;
  const read = (j: number): number | undefined => {
    if (0 <= j && j < N) return j;
    switch (boundary) {
      case 'replicate':
        return Math.min(Math.max(j, 0), N - 1);
      case 'reflect':
        return N - 1 - Math.abs(N - 1 - Math.abs(j));
      case 'circular':
        return ((j % N) + N) % N;
      default:
        return undefined;
    }
  };
  return Array.from({ length: N }, (_, i) => {
    const row: number[][] = Array.from({ length: N }, () => []);
    for (let m = 0; m < M; m++) {
      const k = read(i - p + m);
      if (k !== undefined) row[k].push(m);
    }
    return row;
  });
}

export function forward(x: number[], w: number[], boundary: string): number[] {
  const T = toeplitz(x.length, w.length, boundary);
  return T.map((row) => {
    let s = 0;
    row.forEach((taps, k) => taps.forEach((m) => (s += w[m] * x[k])));
    return s;
  });
}

export function backpropToInput(
  gradOutput: number[],
  x: number[],
  w: number[],
  boundary: string,
): number[] {
  const T = toeplitz(x.length, w.length, boundary);
  return x.map((_, k) => {
    let s = 0;
    for (let i = 0; i < T.length; i++) for (const m of T[i][k]) s += w[m] * gradOutput[i];
    return s;
  });
}

export function backpropToParams(
  gradOutput: number[],
  x: number[],
  w: number[],
  boundary: string,
): number[] {
  const dw = new Float64Array(w.length);
  toeplitz(x.length, w.length, boundary).forEach((row, i) =>
    row.forEach((taps, k) => taps.forEach((m) => (dw[m] += x[k] * gradOutput[i]))),
  );
  return Array.from(dw, (v) => v / x.length);
}
