/** A derivative with its standard deviation, as estimated from the values that it was fitted to. */
export interface Slope {
  readonly slope: number;
  readonly deviation: number;
}

/** Pairs of values per radius. */
const PAIRS = 8;

/**
 * The derivative at 0 of a function that is too curved, or whose values are rounded too much, for
 * one difference of two values:
 *
 *   d_k = (f(t_k) − f(−t_k))/2 = a t_k + b t_k³ + rounding,   t_k = r k/8,   k = 1..8,
 *
 * by least squares for a and b. The residuals are rounding, a higher derivative, or a kink within
 * the radius r. They give the deviation of a, and of several radii the one with the smallest
 * deviation is taken. The gradient under test has no part in that choice.
 *
 *     fitDerivative((t) => (Math.sin(t) - Math.sin(-t)) / 2, [1e-2, 1e-3]).slope; // 1
 *
 * @param odd (f(t) − f(−t))/2 for a t > 0.
 */
export function fitDerivative(odd: (t: number) => number, radii: readonly number[]): Slope {
  const fits = radii.map((radius) => {
    const { slope, deviation } = fit((u) => odd(radius * u));
    return { slope: slope / radius, deviation: deviation / radius };
  });
  // A deviation of NaN is never smaller.
  return fits.reduce((best, one) => (one.deviation < best.deviation ? one : best));
}

/** Fits a of d(u) = a u + b u³ at u = 1/8, 2/8, ..., 1. */
function fit(d: (u: number) => number): Slope {
  const points = Array.from({ length: PAIRS }, (_, k) => {
    const u = (k + 1) / PAIRS;
    return { u, cube: u ** 3, value: d(u) };
  });
  const sum = (term: (point: (typeof points)[number]) => number) =>
    points.reduce((total, point) => total + term(point), 0);
  const [uu, uc, cc] = [
    sum(({ u }) => u * u),
    sum(({ u, cube }) => u * cube),
    sum(({ cube }) => cube * cube),
  ];
  const [ud, cd] = [sum(({ u, value }) => u * value), sum(({ cube, value }) => cube * value)];
  const determinant = uu * cc - uc * uc;
  const slope = (cc * ud - uc * cd) / determinant;
  const bend = (uu * cd - uc * ud) / determinant;
  const squares = sum(({ u, cube, value }) => (value - slope * u - bend * cube) ** 2);
  return { slope, deviation: Math.sqrt(((squares / (PAIRS - 2)) * cc) / determinant) };
}
