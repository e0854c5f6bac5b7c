import type { Gabor } from '../../lib/init/gabor.ts';

/** The grating to which a unit with a Gabor function as its filter is tuned. */
export interface GaborTuning {
  /** The direction across the stripes, in degrees from 0 to below 180. */
  readonly degrees: number;
  /** The frequency 1/λ in cycles per pixel. */
  readonly frequency: number;
  /**
   * The octaves between the two frequencies at which the Gaussian has half of its amplitude;
   * infinite if it has more than half at frequency 0.
   */
  readonly octaves: number;
  /** The angle between the two directions at which it has half of its amplitude, in degrees. */
  readonly degreesWide: number;
}

/**
 * Returns the orientation, frequency and bandwidths of a Gabor function. The Gaussian of its
 * Fourier transform stands at f = 1/λ and has half of its amplitude at a distance of δ across the
 * stripes, and of γδ along them:
 *
 *   δ = √(2 ln 2)/2πσ,   octaves = log₂ (f + δ)/(f − δ),   degreesWide = 2 arctan γδ/f
 *
 * Source: De Valois, Albrecht & Thorell 1982, "Spatial frequency selectivity of cells in macaque
 *         visual cortex", for the definition at half of the amplitude.
 *
 *     gaborTuning({ ...fit, orientation: 3 * Math.PI, wavelength: 4 }).frequency;   // 0.25
 */
export function gaborTuning({ orientation, sigma, aspect, wavelength }: Gabor): GaborTuning {
  const frequency = 1 / wavelength;
  const half = Math.sqrt(2 * Math.LN2) / (2 * Math.PI * sigma);
  const folded = (((orientation * 180) / Math.PI) % 180) + 180;
  return {
    degrees: folded % 180,
    frequency,
    octaves: half < frequency ? Math.log2((frequency + half) / (frequency - half)) : Infinity,
    degreesWide: (2 * Math.atan((aspect * half) / frequency) * 180) / Math.PI,
  };
}
