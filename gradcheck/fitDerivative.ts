/**
 * A fitted derivative, and its standard deviation, which is estimated from the residuals of the
 * fit.
 */
export interface Slope {
  readonly slope: number;
  readonly deviation: number;
}

/** The number of pairs f(t), f(−t) for each radius. */
const PAIRS = 8;

/**
 * Estimates the derivative a of a function f at 0 more precisely than a single central difference
 * does. This helps if f is strongly curved or its values have a large rounding error. Least squares
 * fits a and b to
 *
 *   d_k = (f(t_k) − f(−t_k))/2 = a t_k + b t_k³ + rounding,   t_k = r k/8,   k = 1..8,
 *
 * for a radius r. The residuals come from rounding, from higher derivatives, or from a kink within
 * the radius. They give the standard deviation of a. The radius with the smallest deviation is
 * used; the gradient under test has no influence on this choice.
 *
 *     fitDerivative((t) => (Math.sin(t) - Math.sin(-t)) / 2, [1e-2, 1e-3]).slope; // 1
 *
 * @param odd returns (f(t) − f(−t))/2 for a t > 0.
 */
export function fitDerivative(odd: (t: number) => number, radii: readonly number[]): Slope {
  const fits = radii.map((radius) => {
    const { slope, deviation } = fit((u) => odd(radius * u));
    return { slope: slope / radius, deviation: deviation / radius };
  });
  // A comparison with NaN is false, so a fit with a deviation of NaN does not replace another.
  return fits.reduce((best, one) => (one.deviation < best.deviation ? one : best));
}

/** Fits d(u) = a u + b u³ at u = 1/8, 2/8, ..., 1. Returns a and its standard deviation. */
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
