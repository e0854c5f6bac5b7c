import { normalTail } from '../lib/kernels/elementwise/normalCdf.ts';
import type { Prediction } from './gaussianProcess.ts';

/**
 * Computes the expected amount by which f(x) is below the smallest value so far, `best`. If f(x) is
 * above `best`, this amount is 0. With f ~ N(μ, s²), z = (best − μ)/s, and the density φ and
 * distribution function Φ of the standard normal distribution:
 *
 *   EI = E max(0, best − f) = ∫_{−∞}^{best} (best − f) φ((f − μ)/s)/s df
 *      = s ∫_{−∞}^{z} (z − t) φ(t) dt = s (z Φ(z) + φ(z)),   because ∫ t φ = −φ
 *
 * If s = 0, the result is max(0, best − μ).
 *
 * Source: Mockus 1978; Jones, Schonlau, Welch 1998, equation 15; Snoek, Larochelle, Adams, NIPS
 *         2012, equation 2.
 *
 *     const prediction = process.predict(Float64Array.of(0.3));
 *     expectedImprovement(prediction, smallest);
 */
export function expectedImprovement({ mean, variance }: Prediction, best: number): number {
  const s = Math.sqrt(variance);
  if (s === 0) return Math.max(0, best - mean);
  const z = (best - mean) / s;
  const density = Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI);
  const cdf = z > 0 ? 1 - normalTail(z) : normalTail(z);
  return Math.max(0, s * (z * cdf + density));
}
