import type { Gabor } from '../../lib/init/gabor.ts';

/**
 * Computes the amplitude of the Fourier transform of a Gabor function at the frequency (u, v), in
 * cycles per pixel. It is a Gaussian at the frequency 1/λ along the orientation θ and one at −1/λ:
 *
 *   |G(u, v)| = πσ²/γ |e^{iψ} E(p − 1/λ, q) + e^{−iψ} E(p + 1/λ, q)|
 *   E(p, q) = exp(−2π²σ² (p² + q²/γ²)),   p = u cos θ + v sin θ,   q = v cos θ − u sin θ
 *
 * This is the transform on the whole plane. That of pixels is equal if the function has died away
 * at the border of the filter, and above half a cycle per pixel.
 *
 * Source: Daugman 1985, "Uncertainty relation for resolution in space, spatial frequency, and
 *         orientation optimized by two-dimensional visual cortical filters".
 *
 *     const round = { x: 4, y: 4, orientation: 0, sigma: 1, aspect: 1, wavelength: 4, phase: 0 };
 *     gaborAmplitude(round, 0.25, 0);   // π (1 + exp(−2π²/4)) = 3.164
 */
export function gaborAmplitude(parameters: Gabor, u: number, v: number): number {
  const { orientation, sigma, aspect, wavelength, phase } = parameters;
  const [c, s] = [Math.cos(orientation), Math.sin(orientation)];
  const [p, q] = [u * c + v * s, v * c - u * s];
  const gaussian = (across: number) =>
    Math.exp(-2 * (Math.PI * sigma) ** 2 * (across ** 2 + (q / aspect) ** 2));
  const [right, left] = [gaussian(p - 1 / wavelength), gaussian(p + 1 / wavelength)];
  const real = Math.cos(phase) * (right + left);
  const imaginary = Math.sin(phase) * (right - left);
  return ((Math.PI * sigma ** 2) / aspect) * Math.hypot(real, imaginary);
}
