import { exp, log, max, sub, sum, tidy, type Tensor } from '@tensorflow/tfjs-core';
import { onTensorflow, runOperation } from '../backends/tensorflow.ts';

/**
 * y_i = (x_i − m) − log Σ_j exp(x_j − m), m the largest x, along the last axis: no exponential overflows and no
 * logarithm is of 0.
 */
export function logSoftmax<T extends Tensor>(x: T): T {
  if (onTensorflow() && x.rank > 0 && x.size > 0) return runOperation<T>('LogSoftmax', {}, [x]);
  return tidy(() => {
    const shifted = sub<T>(x, max(x, -1, true));
    return sub<T>(shifted, log(sum(exp(shifted), -1, true)));
  });
}
