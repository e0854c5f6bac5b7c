/**
 * Formats a loss for the user with four digits after the decimal point, or in scientific notation
 * if that would be too long: `2.3026`, `8.065e+25`, `NaN`.
 */
export function formatLoss(loss: number): string {
  return Math.abs(loss) < 1e6 ? loss.toFixed(4) : loss.toExponential(3);
}
