import { add, mul, sum, tidy, type Tensor } from '@tensorflow/tfjs-core';
import { scalar } from '../kernels/constant.ts';

/**
 * A scalar: 0 if no value of these tensors is NaN or infinite, else NaN. 0·x is 0 for a finite x and NaN for any
 * other, so the sum of all 0·x is 0 or NaN, whatever the size of the values: nothing overflows, as squares would.
 *
 * Shapes: any. Errors: none.
 */
export function zeroIfFinite(tensors: readonly Tensor[]): Tensor {
  return tidy(() => {
    const zero = scalar(0);
    return tensors.reduce<Tensor>((all, x) => add(all, sum(mul(x, zero))), zero.clone());
  });
}
