/**
 * Formats a loss for readers: with four digits after the point, or, where that would be long, in
 * powers of ten: `2.3026`, `8.065e+25`, `NaN`.
 */
export function formatLoss(loss: number): string {
  return Math.abs(loss) < 1e6 ? loss.toFixed(4) : loss.toExponential(3);
}
