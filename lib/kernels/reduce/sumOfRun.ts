/**
 * Returns the sum of contiguous values. It computes four sums, so that an addition need not wait
 * for the previous one.
 */
export function sumOfRun(values: ArrayLike<number>, start: number, count: number): number {
  let a = 0;
  let b = 0;
  let c = 0;
  let d = 0;
  const end = start + count;
  let i = start;
  for (; i + 3 < end; i += 4) {
    a += values[i];
    b += values[i + 1];
    c += values[i + 2];
    d += values[i + 3];
  }
  for (; i < end; i++) a += values[i];
  return a + b + (c + d);
}
