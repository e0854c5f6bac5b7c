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

/**
 * The values of a Gabor function, row by row:
 *
 *   g(x, y) = exp(−(x'² + γ² y'²)/2σ²) cos(2π x'/λ + ψ)
 *   x' = (x − x₀) cos θ + (y − y₀) sin θ        y' = −(x − x₀) sin θ + (y − y₀) cos θ
 *
 * Source: lecture, "Gabor filters"; Daugman 1985.
 */
export function gabor(parameters: Gabor, height: number, width: number): Float64Array {
  const { x: x0, y: y0, orientation, sigma, aspect, wavelength, phase } = parameters;
  const [c, s] = [Math.cos(orientation), Math.sin(orientation)];
  return Float64Array.from({ length: height * width }, (_, i) => {
    const [x, y] = [(i % width) - x0, Math.floor(i / width) - y0];
    const [across, along] = [x * c + y * s, y * c - x * s];
    const envelope = Math.exp(-(across ** 2 + (aspect * along) ** 2) / (2 * sigma ** 2));
    return envelope * Math.cos((2 * Math.PI * across) / wavelength + phase);
  });
}
