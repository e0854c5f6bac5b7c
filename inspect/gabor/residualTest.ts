import { checkOptions } from '../../lib/check.ts';
import { InputError, show } from '../../lib/errors.ts';
import { chiSquaredTail } from './chiSquaredTail.ts';

/** The result of `residualTest`. */
export interface ResidualTest {
  /** χ²: the sum of squares of the residual, divided by the variance of the noise. */
  readonly chiSquared: number;
  /** The number of values minus the number of fitted parameters. */
  readonly degreesOfFreedom: number;
  /** The probability that noise alone has a larger χ². */
  readonly probability: number;
  /** Whether the residual cannot be told from noise: the probability is at least 5 %. */
  readonly isNoise: boolean;
}

/** The options of `residualTest`. */
export interface ResidualTestOptions {
  /** The variance σ² of the noise in each value, above 0, such as that of `weightNoise`. */
  readonly noise: number;
  /** The number of parameters of the fit; 8 by default, as a Gabor function has. */
  readonly parameters?: number;
}

/** The probability below which a residual differs from noise. */
const LEVEL = 0.05;

/**
 * Tests whether the residual r = f − fit of a filter is more than noise of variance σ². If it is
 * noise, and n values were fitted with p parameters, then
 *
 *   χ² = Σ r²/σ²
 *
 * has the chi-squared distribution with n − p degrees of freedom. A large σ² passes any residual,
 * so a share of passed filters says little without the ratio of signal to noise.
 *
 * Shapes: residual n values.
 * Errors: an unknown option; a value that is not finite; a variance that is not above 0; no more
 *         values than parameters.
 * Source: Jones & Palmer 1987, "An evaluation of the two-dimensional Gabor filter model of simple
 *         receptive fields in cat striate cortex".
 *
 *     residualTest(residual, { noise: 0.01 }).isNoise;
 */
export function residualTest(
  residual: ArrayLike<number>,
  options: ResidualTestOptions,
): ResidualTest {
  checkOptions('residualTest', options, ['noise', 'parameters']);
  const { noise, parameters = 8 } = options;
  const squares = Array.from(residual).reduce((sum, v) => sum + v * v, 0);
  const degreesOfFreedom = residual.length - parameters;
  if (!Number.isFinite(squares)) {
    throw new InputError('residualTest: expected finite values, got NaN or an infinite value');
  }
  if (!(noise > 0 && noise < Infinity)) {
    throw new InputError(`residualTest: expected noise above 0, got ${show(noise)}`);
  }
  if (!Number.isSafeInteger(degreesOfFreedom) || degreesOfFreedom < 1) {
    throw new InputError(
      `residualTest: expected more values than the ${parameters} parameters, got ${residual.length}`,
    );
  }
  const chiSquared = squares / noise;
  const probability = chiSquaredTail(chiSquared, degreesOfFreedom);
  return { chiSquared, degreesOfFreedom, probability, isNoise: probability >= LEVEL };
}
