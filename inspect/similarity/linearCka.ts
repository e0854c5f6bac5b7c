import type { Tensor } from '@tensorflow/tfjs-core';
import { checkOptions } from '../../lib/check.ts';
import { InputError, show } from '../../lib/errors.ts';
import { checkPair, featureCentredGram, readSquare } from './gram.ts';
import { centreForHsic, dot, LEAST_EXAMPLES, type HsicEstimator } from './hsic.ts';

/** The options of `linearCka`. */
export interface LinearCkaOptions {
  /**
   * The estimator of HSIC; 'unbiased' by default. With few examples and many features the biased
   * one is near 1 even for independent representations.
   */
  readonly estimator?: HsicEstimator;
}

/**
 * Measures how similar two representations of the same examples are: linear centred kernel
 * alignment. With the Gram matrices K = X Xᵀ and L = Y Yᵀ of the representations X and Y,
 *
 *   CKA = HSIC(K, L) / √(HSIC(K, K) HSIC(L, L))
 *
 * It is 1 if one representation is a rotation, reflection, uniform scaling or shift of the other.
 * The biased CKA is from 0 to 1, and equals ‖Yᵀ X‖² / (‖Xᵀ X‖ ‖Yᵀ Y‖) for centred features, with
 * Frobenius norms. The unbiased one may be slightly below 0. The representation of a convolution is
 * all its positions and channels, as in the paper: [N, H, W, C] counts as [N, H W C].
 *
 * Shapes: a [N, ...], b [N, ...], one row per example; N at least 2, or 4 for 'unbiased'.
 * Errors: tensors of other shapes or dtypes; too few examples; an unknown option.
 * Source: Kornblith, Norouzi, Lee, Hinton 2019, arXiv:1905.00414, equations 3 to 5; the estimators
 *         in `hsic.ts`.
 * @returns NaN if a representation is the same for all examples, or not finite.
 *
 *     const [a, b] = [one.infer(images), other.infer(images)];
 *     await linearCka(a, b);   // 1 if b is a rotation of a
 */
export async function linearCka(
  a: Tensor,
  b: Tensor,
  options: LinearCkaOptions = {},
): Promise<number> {
  checkOptions('linearCka', options, ['estimator']);
  const { estimator = 'unbiased' } = options;
  if (!Object.hasOwn(LEAST_EXAMPLES, estimator)) {
    throw new InputError(
      `linearCka: expected estimator to be one of "biased", "unbiased", got ${show(estimator)}`,
    );
  }
  checkPair('linearCka', a, b, LEAST_EXAMPLES[estimator]);
  const [k, l] = await Promise.all(
    [a, b].map(async (x) => centreForHsic(await readSquare(featureCentredGram(x)), estimator)),
  );
  return alignment(dot(k, l), dot(k, k), dot(l, l));
}

/** Returns CKA for three values of HSIC, or NaN if a representation has none with itself. */
export function alignment(cross: number, own: number, other: number): number {
  return own > 0 && other > 0 ? cross / Math.sqrt(own * other) : NaN;
}
