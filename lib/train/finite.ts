import { add, mul, sum, tidy, type Tensor } from '@tensorflow/tfjs-core';
import { scalar } from '../kernels/constant.ts';

/**
 * True if no value of these tensors is NaN or infinite. 0·x is 0 for a finite x and NaN for any other, so the sum
 * of all 0·x is 0 or NaN, whatever the size of the values: nothing overflows, as squares would. One number is read.
 *
 * Shapes: any. Errors: none.
 */
export function areFinite(tensors: readonly Tensor[]): boolean {
  const [total] = tidy(() => {
    const zero = scalar(0);
    return tensors.reduce((all: Tensor, x) => add(all, sum(mul(x, zero))), zero).dataSync();
  });
  return total === 0;
}
