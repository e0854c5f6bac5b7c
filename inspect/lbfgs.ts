import { checkOptions } from '../lib/check.ts';

/** A function to minimize, with its gradient. */
export interface Objective {
  (x: Float64Array): Promise<{ readonly value: number; readonly gradient: Float64Array }>;
}

/** The options of `lbfgs`. */
export interface LbfgsOptions {
  /** The largest number of iterations, 50 by default. */
  readonly iterations?: number;
  /** The number of recent steps from which the curvature is approximated; 8 by default. */
  readonly memory?: number;
  /**
   * The search ends when the partial derivative with respect to every variable that is free to move
   * has at most this magnitude; 1e-6 by default.
   */
  readonly tolerance?: number;
  /** The bounds for every variable; [−∞, ∞] by default. */
  readonly bounds?: readonly [low: number, high: number];
}

const dot = (a: Float64Array, b: Float64Array) => a.reduce((sum, v, i) => sum + v * b[i], 0);
const plus = (a: Float64Array, b: Float64Array, by: number) => a.map((v, i) => v + by * b[i]);

/**
 * Minimizes a smooth function within bounds by L-BFGS:
 *
 *   x ← P(x − t H ∇f)
 *
 * H approximates the inverse of the Hessian from the last steps s and the changes y of the gradient
 * in these steps. P clips to the bounds. t starts at 1 and is halved until f falls by at least 1e-4
 * of the decrease that the gradient predicts. In H ∇f, variables that are at a bound and would
 * cross it are left out.
 *
 * Errors: an unknown option; those of the objective.
 * Source: Nocedal, Wright, "Numerical Optimization", 2nd edition, algorithms 7.4, 7.5 and 3.1;
 *         Bertsekas 1982, "Projected Newton methods for optimization problems with simple
 *         constraints", for the bounds.
 * @returns a new vector; the start is not changed.
 *
 *     const f: Objective = async ([x]) => ({ value: x * x, gradient: Float64Array.of(2 * x) });
 *     await lbfgs(f, Float64Array.of(3), { bounds: [1, 5] });   // [1]
 */
export async function lbfgs(
  objective: Objective,
  start: Float64Array,
  options: LbfgsOptions = {},
): Promise<Float64Array> {
  checkOptions('lbfgs', options, ['iterations', 'memory', 'tolerance', 'bounds']);
  const { iterations = 50, memory = 8, tolerance = 1e-6 } = options;
  const { bounds: [low, high] = [-Infinity, Infinity] } = options;
  const clip = (v: number) => Math.min(high, Math.max(low, v));
  let x = start.map(clip);
  let { value, gradient } = await objective(x);
  const pairs: Pair[] = [];
  for (let k = 0; k < iterations; k++) {
    const free = gradient.map((g, i) =>
      Number(!((x[i] <= low && g > 0) || (x[i] >= high && g < 0))),
    );
    const downhill = gradient.map((g, i) => -g * free[i]);
    if (downhill.every((v) => Math.abs(v) <= tolerance)) break;
    let direction = timesInverseCurvature(downhill, pairs).map((v, i) => v * free[i]);
    if (!(dot(direction, gradient) < 0)) direction = downhill;
    let step = 1;
    let moved = plus(x, direction, step).map(clip);
    let next = await objective(moved);
    while (!(next.value <= value + 1e-4 * dot(gradient, plus(moved, x, -1)))) {
      step /= 2;
      // Because of rounding, or because x is at a kink, no step decreases f.
      if (step < 1e-10) return x;
      moved = plus(x, direction, step).map(clip);
      next = await objective(moved);
    }
    const [s, y] = [plus(moved, x, -1), plus(next.gradient, gradient, -1)];
    const curvature = dot(s, y);
    if (curvature > 1e-12) pairs.push({ s, y, rho: 1 / curvature });
    if (pairs.length > memory) pairs.shift();
    x = moved;
    ({ value, gradient } = next);
  }
  return x;
}

/** A step, and the change of the gradient along it. */
interface Pair {
  readonly s: Float64Array;
  readonly y: Float64Array;
  /** The factor 1/(s · y). */
  readonly rho: number;
}

/** Computes H v by two loops over the remembered steps ("two-loop recursion"). */
function timesInverseCurvature(v: Float64Array, pairs: readonly Pair[]): Float64Array {
  let result = v;
  const alphas = pairs.map(() => 0);
  for (let i = pairs.length - 1; i >= 0; i--) {
    alphas[i] = pairs[i].rho * dot(pairs[i].s, result);
    result = plus(result, pairs[i].y, -alphas[i]);
  }
  const last = pairs.at(-1);
  // As long as no curvature is known, the step has at most length 1.
  const scale = last ? 1 / (last.rho * dot(last.y, last.y)) : Math.min(1, 1 / Math.sqrt(dot(v, v)));
  result = result.map((one) => scale * one);
  pairs.forEach(({ s, y, rho }, i) => {
    result = plus(result, s, alphas[i] - rho * dot(y, result));
  });
  return result;
}
