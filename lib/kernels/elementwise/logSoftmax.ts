import { max, sub, sum, tidy, type Tensor } from '@tensorflow/tfjs-core';
import { onTensorflow, runOperation } from '../backends/tensorflow.ts';
import { expOf, logOf } from './keepNaN.ts';

/**
 * Returns the logarithm of the softmax along the last axis.
 *
 *     y_i = (x_i − m) − log Σ_j exp(x_j − m),  m = max_j x_j
 *
 * Because m is subtracted, no exponential overflows, and the sum is at least 1.
 */
export function logSoftmax<T extends Tensor>(x: T): T {
  if (onTensorflow() && x.rank > 0 && x.size > 0) return runOperation<T>('LogSoftmax', {}, [x]);
  return tidy(() => {
    const shifted = sub<T>(x, max(x, -1, true));
    return sub<T>(shifted, logOf(sum(expOf(shifted), -1, true)));
  });
}
