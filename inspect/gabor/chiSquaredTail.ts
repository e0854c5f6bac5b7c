import { InputError, show } from '../../lib/errors.ts';
import { erf } from '../../lib/backend/float64/erf.ts';

/**
 * Returns the probability that the sum of k squares of independent standard normal variables is
 * larger than x. It is the incomplete gamma function Q(k/2, x/2), which follows by recursion from
 * k = 1 or k = 2:
 *
 *   Q(a + 1, y) = Q(a, y) + y^a exp(−y)/Γ(a + 1),   Q(½, y) = 1 − erf √y,   Q(1, y) = exp(−y)
 *
 * Errors: an x that is negative or NaN; a k that is not a positive whole number.
 * Source: Abramowitz & Stegun 1964, "Handbook of Mathematical Functions", 6.5.21 and 26.4.19.
 *
 *     chiSquaredTail(3.841, 1);   // 0.05
 */
export function chiSquaredTail(x: number, k: number): number {
  if (!(x >= 0) || !Number.isSafeInteger(k) || k < 1) {
    throw new InputError(
      `chiSquaredTail: expected x of at least 0 and k of at least 1, a whole number, got ${show(x)} and ${show(k)}`,
    );
  }
  const y = x / 2;
  if (y === 0 || y === Infinity) return y === 0 ? 1 : 0;
  const isOdd = k % 2 === 1;
  let tail = isOdd ? 1 - erf(Math.sqrt(y)) : Math.exp(-y);
  let a = isOdd ? 0.5 : 1;
  // The logarithm of the term does not underflow where exp(−y) does. Γ(3/2) = √π/2.
  let logTerm = a * Math.log(y) - y - (isOdd ? Math.log(Math.sqrt(Math.PI) / 2) : 0);
  for (; a < k / 2; a++) {
    tail += Math.exp(logTerm);
    logTerm += Math.log(y / (a + 1));
  }
  return Math.min(1, tail);
}
