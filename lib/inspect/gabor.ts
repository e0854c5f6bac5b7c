import { InputError, show } from '../errors.ts';
import { lbfgs, type Objective } from './lbfgs.ts';

/** A Gabor function over pixels; lengths in pixels, angles in radians. */
export interface Gabor {
  /** Its middle: the column, from the left, and the row, from above, of pixels counted from 0. */
  readonly x: number;
  readonly y: number;
  /** θ: the direction across the stripes, clockwise from the right, in 0 ... π. */
  readonly orientation: number;
  /** σ of the envelope, across the stripes. */
  readonly sigma: number;
  /** γ: how much shorter the envelope is along the stripes. */
  readonly aspect: number;
  /** λ, of the stripes. */
  readonly wavelength: number;
  /** ψ: 0 is light in the middle. */
  readonly phase: number;
}

export interface GaborFit extends Gabor {
  readonly amplitude: number;
  /** 1/λ, in cycles a pixel. */
  readonly frequency: number;
  /** The share of Σ f² that the fit explains. */
  readonly explained: number;
}

/**
 * The values of a Gabor function, row by row:
 *
 *   g(x, y) = exp(−(x'² + γ² y'²)/2σ²) cos(2π x'/λ + ψ)
 *   x' = (x − x₀) cos θ + (y − y₀) sin θ        y' = −(x − x₀) sin θ + (y − y₀) cos θ
 *
 * Source: lecture, "Gabor filters"; Daugman 1985.
 */
export function gabor(parameters: Gabor, height: number, width: number): Float64Array {
  return Float64Array.from({ length: height * width }, (_, i) => {
    const { envelope, angle } = at(parameters, i % width, Math.floor(i / width));
    return envelope * Math.cos(angle);
  });
}

/**
 * The Gabor function nearest to a filter, A g with the least Σ (A g − f)²: by L-BFGS from an orientation every 10°, with
 * the best A for the others solved for. Middles stay in the filter, σ from ½ to its longer side, γ from 0.2 to 3, λ from 2 to
 * twice that side; the sign of A makes a ψ from −2 to 2 enough.
 *
 * Errors: a filter that is 0 or not finite, or of other than height · width values.
 */
export async function fitGabor(filter: ArrayLike<number>, height: number, width: number): Promise<GaborFit> {
  const f = Float64Array.from(filter);
  const energy = f.reduce((sum, v) => sum + v * v, 0);
  if (f.length !== height * width || !(energy > 0 && energy < Infinity)) {
    throw new InputError(
      `fitGabor: expected a filter of ${height}x${width} finite values, not all 0, got ${show([...f].slice(0, 4))}`,
    );
  }
  const side = Math.max(height, width);
  let best: { fit: Gabor; amplitude: number; cost: number } | undefined;
  for (let k = 0; k < 18; k++) {
    const theta = (k * Math.PI) / 18;
    const ranges = [[0, width - 1], [0, height - 1], [theta - 0.3, theta + 0.3], [0.5, side], [0.2, 3], [2, 2 * side], [-2, 2]] as const; // prettier-ignore
    const scaled = (u: Float64Array) => ranges.map(([low, high], i) => low + u[i] * (high - low));
    const objective: Objective = (u) => {
      const { cost, gradient } = misfit(f, width, named(scaled(u)));
      return Promise.resolve({ value: cost / energy, gradient: Float64Array.from(gradient, (g, i) => (g * (ranges[i][1] - ranges[i][0])) / energy) }); // prettier-ignore
    };
    for (const phase of [0.35, 0.75]) {
      const start = Float64Array.of(0.5, 0.5, 0.5, 0.25, 0.3, 0.3, phase);
      const options = { iterations: 80, bounds: [0, 1], tolerance: 1e-9 } as const;
      const fit = named(scaled(await lbfgs(objective, start, options)));
      const found = misfit(f, width, fit);
      if (best === undefined || found.cost < best.cost) best = { fit, ...found };
    }
  }
  if (best === undefined) throw new Error('no orientation was tried');
  const { fit, amplitude, cost } = best;
  const orientation = ((fit.orientation % Math.PI) + Math.PI) % Math.PI;
  return { ...fit, orientation, amplitude, frequency: 1 / fit.wavelength, explained: 1 - cost / energy };
}

function named([x, y, orientation, sigma, aspect, wavelength, phase]: readonly number[]): Gabor {
  return { x, y, orientation, sigma, aspect, wavelength, phase };
}

function at({ x: x0, y: y0, orientation, sigma, aspect, wavelength, phase }: Gabor, x: number, y: number) {
  const [c, s] = [Math.cos(orientation), Math.sin(orientation)];
  const [across, along] = [(x - x0) * c + (y - y0) * s, (y - y0) * c - (x - x0) * s];
  const envelope = Math.exp(-(across ** 2 + (aspect * along) ** 2) / (2 * sigma ** 2));
  return { c, s, across, along, envelope, angle: (2 * Math.PI * across) / wavelength + phase };
}

/** Σ (A g − f)² at the best A, and its gradient; A itself takes no part in it, for there the derivative by A is 0. */
function misfit(f: Float64Array, width: number, parameters: Gabor) {
  const { sigma, aspect, wavelength } = parameters;
  const points = Array.from(f, (_, i) => at(parameters, i % width, Math.floor(i / width)));
  const g = points.map(({ envelope, angle }) => envelope * Math.cos(angle));
  const product = g.reduce((sum, v, i) => sum + v * f[i], 0);
  const amplitude = product / (g.reduce((sum, v) => sum + v * v, 0) + 1e-300);
  const gradient = [0, 0, 0, 0, 0, 0, 0];
  let cost = 0;
  points.forEach(({ c, s, across, along, envelope, angle }, i) => {
    const apart = amplitude * g[i] - f[i];
    cost += apart ** 2;
    const slant = envelope * Math.sin(angle);
    const byAcross = (-across / sigma ** 2) * g[i] - ((2 * Math.PI) / wavelength) * slant;
    const byAlong = (-(aspect ** 2) * along * g[i]) / sigma ** 2;
    const partials = [
      -c * byAcross + s * byAlong,
      -s * byAcross - c * byAlong,
      along * byAcross - across * byAlong,
      (g[i] * (across ** 2 + (aspect * along) ** 2)) / sigma ** 3,
      (-g[i] * aspect * along ** 2) / sigma ** 2,
      (slant * 2 * Math.PI * across) / wavelength ** 2,
      -slant,
    ];
    partials.forEach((one, k) => (gradient[k] += 2 * amplitude * apart * one));
  });
  return { cost, gradient, amplitude };
}
