import { InputError, show } from '../../lib/errors.ts';

/** The correlation below which two lists of weights are not a repetition of each other. */
const LEAST_CORRELATION = 0.5;

/**
 * Estimates the variance of the noise in trained weights from two trainings that differ only in
 * chance: they start from the same weights, and see the examples in another order. Each weight is
 * then the same signal plus independent noise of variance σ², and
 *
 *   σ² = Σ (a − b)²/2n
 *
 * is unbiased. Both trainings share their start and their examples, whose influence does not count
 * as noise, so σ² is rather too small and the test of a residual rather too strict. Two trainings
 * from different random weights learn different filters. Their difference is not noise, so a pair
 * with a correlation Σab/√(Σa² Σb²) below 0.5 is refused.
 *
 * Shapes: a and b have the same number of values.
 * Errors: lists of different lengths, or empty; values that are not finite; weights that do not
 *         correspond; equal weights, whose noise would be 0.
 *
 *     weightNoise([1, 2, 3], [1.1, 2, 2.8]);   // (0.01 + 0 + 0.04)/6
 */
export function weightNoise(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length || a.length === 0) {
    throw new InputError(
      `weightNoise: expected two lists of as many weights, got ${a.length} and ${b.length}`,
    );
  }
  let [squares, own, other, both] = [0, 0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    squares += (a[i] - b[i]) ** 2;
    own += a[i] ** 2;
    other += b[i] ** 2;
    both += a[i] * b[i];
  }
  if (!Number.isFinite(own + other)) {
    throw new InputError('weightNoise: expected finite weights, got NaN or an infinite value');
  }
  const correlation = both / Math.sqrt(own * other);
  if (!(correlation >= LEAST_CORRELATION)) {
    throw new InputError(
      `weightNoise: expected two trainings that started from the same weights, got a correlation of ${show(Number(correlation.toFixed(2)))} (at least ${LEAST_CORRELATION})`,
    );
  }
  if (squares === 0) {
    throw new InputError(
      'weightNoise: expected trainings with different orders of the examples, got equal weights; train one of them with another seed',
    );
  }
  return squares / (2 * a.length);
}
