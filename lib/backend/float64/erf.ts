/**
 * Returns the error function of x in double precision. tfjs's own kernels have an error of 1.5e-7,
 * which makes finite differences useless.
 *
 *     |x| < 2:  erf x = 2/√π exp(−x²) (x + 2x³/3 + 4x⁵/(3·5) + ...), all terms of one sign
 *     |x| ≥ 2:  erf x = 1 − exp(−x²)/√π / (x + (1/2)/(x + (2/2)/(x + (3/2)/(x + ...))))
 *
 * Source: Abramowitz and Stegun, Handbook of Mathematical Functions, 7.1.6 and 7.1.14.
 */
export function erf(x: number): number {
  if (x < 0) return -erf(-x);
  if (x >= 6) return 1; // 1 - erf(6) is 2e-17
  return x >= 2 ? 1 - continuedFraction(x) : series(x);
}

function series(x: number): number {
  let term = x;
  let sum = x;
  for (let n = 1; term > sum * 1e-17; n++) {
    term *= (2 * x * x) / (2 * n + 1);
    sum += term;
  }
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum;
}

/** Computes 1 − erf(x) by a continued fraction. 60 levels are enough for x ≥ 2. */
function continuedFraction(x: number): number {
  let denominator = x;
  for (let n = 60; n > 0; n--) denominator = x + n / 2 / denominator;
  return Math.exp(-x * x) / Math.sqrt(Math.PI) / denominator;
}
