import { InputError, show } from '../lib/errors.ts';
import type { Gabor } from '../lib/init/gabor.ts';
import { lbfgs, type Objective } from './lbfgs.ts';

/**
 * The Gabor function that fits a filter best. Positions and lengths are in pixels, and angles in
 * radians.
 */
export interface GaborFit extends Gabor {
  /** The factor A of the function, above 0. */
  readonly amplitude: number;
  /** The frequency 1/wavelength, in cycles per pixel. */
  readonly frequency: number;
  /** The fraction of Σ f² that the fit explains, at most 1. */
  readonly explained: number;
}

/**
 * The six nonlinear parameters of a Gabor function: the centre x₀, y₀, the orientation θ, the width
 * σ of the envelope, its aspect γ, and the wavelength λ.
 */
type Shape = readonly number[];

interface Candidate {
  readonly shape: Shape;
  readonly cost: number;
}

/** The number of best shapes of the grid that are refined. */
const REFINED = 10;

/**
 * Finds the Gabor function A g with the smallest Σ (A g − f)² for a filter f. Because
 *
 *   A cos(φ + ψ) = a cos φ + b sin φ
 *
 * the best amplitude A and phase ψ follow from a linear least-squares fit of the cosine and the
 * sine part. Six parameters remain: the centre, the orientation θ, the width σ of the envelope, its
 * aspect γ and the wavelength λ. A grid search finds the best starts, and L-BFGS refines them. The
 * centre stays inside the filter. σ is limited to ½ pixel ... the filter's longer side, γ to 0.2
 * ... 3, and λ to 2 pixels ... twice the longer side.
 *
 * Shapes: filter height · width values, in row-major order; height and width in pixels.
 * Errors: a filter that is 0 everywhere or not finite; a wrong number of values.
 * Source: Golub & Pereyra 1973, "The differentiation of pseudo-inverses and nonlinear least squares
 *         problems whose variables separate".
 *
 *     const truth = { x: 5, y: 5, orientation: 0, sigma: 2, aspect: 1, wavelength: 4, phase: 0 };
 *     const { wavelength } = await fitGabor(gabor(truth, 11, 11), 11, 11);   // 4
 */
export async function fitGabor(
  filter: ArrayLike<number>,
  height: number,
  width: number,
): Promise<GaborFit> {
  const f = Float64Array.from(filter);
  const energy = f.reduce((sum, v) => sum + v * v, 0);
  if (f.length !== height * width || !(energy > 0 && energy < Infinity)) {
    throw new InputError(
      `fitGabor: expected a filter of ${height}x${width} finite values, not all 0, got ${show([...f].slice(0, 4))}`,
    );
  }
  const misfit = misfitOf(f, width);
  let shapes = bestOfGrid(misfit, height, width);
  const rounds = [{ kept: 3, iterations: 25 }, { kept: 1, iterations: 150 }]; // prettier-ignore
  for (const { kept, iterations } of rounds) {
    const refined: Candidate[] = [];
    for (const { shape: start } of shapes) {
      refined.push(await refine(misfit, start, height, width, energy, iterations));
    }
    shapes = refined.sort((one, other) => one.cost - other.cost).slice(0, kept);
  }
  const [{ shape, cost }] = shapes;
  const [x, y, theta, sigma, aspect, wavelength] = shape;
  const { even, odd } = misfit(shape);
  const turns = Math.floor(theta / Math.PI);
  // A rotation by 180 degrees changes the sign of the coordinate along the wave, and therefore the
  // sign of the phase.
  const phase = turns % 2 === 0 ? Math.atan2(-odd, even) : Math.atan2(odd, even);
  return {
    x,
    y,
    orientation: theta - turns * Math.PI,
    sigma,
    aspect,
    wavelength,
    phase,
    amplitude: Math.hypot(even, odd),
    frequency: 1 / wavelength,
    explained: 1 - cost / energy,
  };
}

/**
 * Minimizes the misfit, starting from a shape. The orientation changes by at most half a radian.
 */
async function refine(
  misfit: Misfit,
  start: Shape,
  height: number,
  width: number,
  energy: number,
  iterations: number,
): Promise<Candidate> {
  const side = Math.max(height, width);
  const low = [0, 0, start[2] - 0.5, 0.5, 0.2, 2];
  const spans = [width - 1, height - 1, 1, side - 0.5, 2.8, 2 * side - 2];
  const shapeOf = (u: Float64Array) => low.map((least, i) => least + u[i] * spans[i]);
  const objective: Objective = (u) => {
    const { cost, gradient } = misfit(shapeOf(u));
    const scaled = Float64Array.from(gradient, (g, i) => (g * spans[i]) / energy);
    return Promise.resolve({ value: cost / energy, gradient: scaled });
  };
  const from = Float64Array.from(start, (v, i) => (spans[i] > 0 ? (v - low[i]) / spans[i] : 0));
  const shape = shapeOf(
    await lbfgs(objective, from, { iterations, bounds: [0, 1], tolerance: 1e-8 }),
  );
  return { shape, cost: misfit(shape).cost };
}

type Misfit = ReturnType<typeof misfitOf>;

/** Returns the best shapes of the grid, at most one per orientation and wavelength. */
function bestOfGrid(misfit: Misfit, height: number, width: number): Candidate[] {
  const side = Math.max(height, width);
  const wavelengths = [2.5, 3.5, 5, 7, 10, 14, 20].filter((length) => length <= 2 * side);
  const shares = [0.25, 0.5, 0.75];
  const found: Candidate[] = [];
  for (let k = 0; k < 12; k++) {
    for (const wavelength of wavelengths) {
      let best: Candidate = { shape: [], cost: Infinity };
      for (const x of shares) {
        for (const y of shares) {
          for (const sigma of [side / 7, side / 4, side / 2]) {
            for (const aspect of [0.5, 1]) {
              const shape = [
                x * (width - 1),
                y * (height - 1),
                (k * Math.PI) / 12,
                sigma,
                aspect,
                wavelength,
              ];
              const { cost } = misfit(shape);
              if (cost < best.cost) best = { shape, cost };
            }
          }
        }
      }
      found.push(best);
    }
  }
  return found.sort((a, b) => a.cost - b.cost).slice(0, REFINED);
}

/**
 * Returns a function that computes the misfit of a shape for the best a and b, and its gradient
 * with respect to the shape. E is the envelope, and u and v are the coordinates along and across
 * the wave:
 *
 *   misfit  Σ r²  with  r = a C + b S − f,  C = E cos φ,  S = E sin φ,
 *                       log E = −(u² + γ² v²)/2σ²,  φ = 2π u/λ
 *   ∂/∂p    2 Σ r [(a C + b S) ∂(log E)/∂p + (b C − a S) ∂φ/∂p]
 *
 * The gradient treats a and b as constants, because at their best values, the derivatives of the
 * misfit with respect to them are 0.
 */
function misfitOf(f: Float64Array, width: number) {
  const [C, S] = [new Float64Array(f.length), new Float64Array(f.length)];
  const [U, V] = [new Float64Array(f.length), new Float64Array(f.length)];
  return ([x0, y0, theta, sigma, aspect, wavelength]: Shape) => {
    const [c, s] = [Math.cos(theta), Math.sin(theta)];
    const [narrow, wave, squared] = [1 / sigma ** 2, (2 * Math.PI) / wavelength, aspect ** 2];
    let [cc, cs, ss, cf, sf] = [0, 0, 0, 0, 0];
    for (let i = 0; i < f.length; i++) {
      const x = (i % width) - x0;
      const y = Math.floor(i / width) - y0;
      const u = x * c + y * s;
      const v = y * c - x * s;
      const envelope = Math.exp(-0.5 * narrow * (u * u + squared * v * v));
      const even = envelope * Math.cos(wave * u);
      const odd = envelope * Math.sin(wave * u);
      C[i] = even;
      S[i] = odd;
      U[i] = u;
      V[i] = v;
      cc += even * even;
      cs += even * odd;
      ss += odd * odd;
      cf += even * f[i];
      sf += odd * f[i];
    }
    // If C and S are nearly parallel, as for a filter with a single pixel, only C is used.
    const determinant = cc * ss - cs * cs;
    const isSingular = !(determinant > 1e-9 * cc * ss);
    const a = isSingular ? cf / (cc + 1e-300) : (cf * ss - sf * cs) / determinant;
    const b = isSingular ? 0 : (sf * cc - cf * cs) / determinant;
    let [cost, byX, byY, byTheta, bySigma, byAspect, byWavelength] = [0, 0, 0, 0, 0, 0, 0];
    for (let i = 0; i < f.length; i++) {
      const u = U[i];
      const v = V[i];
      const value = a * C[i] + b * S[i];
      const byPhi = b * C[i] - a * S[i];
      const r = value - f[i];
      cost += r * r;
      const byU = wave * byPhi - narrow * u * value;
      const byV = -squared * narrow * v * value;
      byX += r * (s * byV - c * byU);
      byY -= r * (s * byU + c * byV);
      byTheta += r * (v * byU - u * byV);
      bySigma += r * value * (u * u + squared * v * v);
      byAspect -= r * value * v * v;
      byWavelength -= r * byPhi * u;
    }
    const gradient = [
      2 * byX,
      2 * byY,
      2 * byTheta,
      (2 * bySigma * narrow) / sigma,
      2 * byAspect * aspect * narrow,
      (2 * byWavelength * wave) / wavelength,
    ];
    return { cost, gradient, even: a, odd: b };
  };
}
