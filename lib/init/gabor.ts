/**
 * The parameters of a Gabor function on a grid of pixels. Lengths are in pixels and angles in
 * radians.
 */
export interface Gabor {
  /** x₀: the column of the centre, counted from 0 at the left. */
  readonly x: number;
  /** y₀: the row of the centre, counted from 0 at the top. */
  readonly y: number;
  /** θ: the direction across the stripes, clockwise from the right, in 0 ... π. */
  readonly orientation: number;
  /** σ: the width of the envelope across the stripes. */
  readonly sigma: number;
  /** γ: the width of the envelope across the stripes, divided by its width along them. */
  readonly aspect: number;
  /** λ: the period of the stripes. */
  readonly wavelength: number;
  /** ψ: the phase of the stripes. If it is 0, the centre is light. */
  readonly phase: number;
}

/**
 * Computes the values of a Gabor function on a grid of height × width pixels, row by row:
 *
 *   g(x, y) = exp(−(x'² + γ² y'²)/2σ²) cos(2π x'/λ + ψ)
 *   x' = (x − x₀) cos θ + (y − y₀) sin θ        y' = −(x − x₀) sin θ + (y − y₀) cos θ
 *
 * Source: lecture, "Gabor filters"; Daugman 1985.
 *
 *     const shape = { orientation: 0, sigma: 2, aspect: 0.5, wavelength: 4, phase: 0 };
 *     const values = gabor({ x: 3, y: 3, ...shape }, 7, 7);
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
