import { InputError, show } from '../lib/errors.ts';
import type { Gabor } from '../lib/init/gabor.ts';
import { lbfgs, type Objective } from './lbfgs.ts';

export interface GaborFit extends Gabor {
  /** Above 0. */
  readonly amplitude: number;
  /** 1/λ, in cycles a pixel. */
  readonly frequency: number;
  /** The share of Σ f² that the fit explains. */
  readonly explained: number;
}

/** x₀, y₀, θ, σ, γ, λ: what the fit does not depend on linearly. */
type Shape = readonly number[];

interface Candidate {
  readonly shape: Shape;
  readonly cost: number;
}

/** How many of the best shapes of the grid are refined at all. */
const REFINED = 10;

/**
 * The Gabor function nearest to a filter, the A g with the least Σ (A g − f)². By A cos(φ + ψ) = a
 * cos φ + b sin φ the best amplitude and phase for a shape are linear least squares of its even and
 * its odd part, so only six numbers are to be searched: on a grid first, and from the best places
 * there by L-BFGS. Middles stay in the filter, σ from ½ to its longer side, γ from 0.2 to 3, λ from
 * 2 to twice that side.
 *
 * Errors: a filter that is 0 or not finite, or of other than height · width values.
 * Source: Golub & Pereyra 1973, "The differentiation of pseudo-inverses and nonlinear least squares
 *         problems whose variables separate".
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
  // Half a turn changes the sign of x', and so of the phase.
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
 * From a shape to where the misfit is least nearby, with the orientation at most half a radian off.
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

/** For each orientation and wavelength the best middle, width and aspect; of these the best few. */
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
 * Σ (a C + b S − f)² with the best a and b, where C = E cos φ and S = E sin φ, log E = −(u² + γ²
 * v²)/2σ², φ = 2π u/λ; and its gradient by the shape, in which a and b stand still, for there the
 * derivative by them is 0. With r = a C + b S − f:
 *
 *   ∂/∂p = 2 Σ r [(a C + b S) ∂(log E)/∂p + (b C − a S) ∂φ/∂p]
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
    // Where the two are all but the same, as they are of one pixel, the even one does.
    const determinant = cc * ss - cs * cs;
    const alike = !(determinant > 1e-9 * cc * ss);
    const a = alike ? cf / (cc + 1e-300) : (cf * ss - sf * cs) / determinant;
    const b = alike ? 0 : (sf * cc - cf * cs) / determinant;
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
