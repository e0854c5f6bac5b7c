/** The mean of several values and its standard error, s/√n. */
export interface Estimate {
  readonly mean: number;
  /** Undefined for a single value. */
  readonly standardError: number | undefined;
}

/** Returns the mean and the standard error s/√n, with s² = Σ (x − x̄)²/(n − 1). */
export function estimate(values: readonly number[]): Estimate {
  const n = values.length;
  const mean = values.reduce((sum, value) => sum + value, 0) / n;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, standardError: n < 2 ? undefined : Math.sqrt(squares / (n - 1) / n) };
}

/** Returns the value in the middle, the lower of two. */
export function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor((values.length - 1) / 2)];
}
