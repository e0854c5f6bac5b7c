import { sum, type Scalar, type Tensor } from '@tensorflow/tfjs-core';
import { scalar } from '../../constant.ts';
import { onHost } from '../backends/host.ts';
import { onTensorflow, runOperation } from '../backends/tensorflow.ts';
import { surelyFinite } from './surelyFinite.ts';

/**
 * Returns a scalar that is finite only if all values are finite. It is the backend's fastest sum of
 * the values. The sum of finite values may overflow, so if it is not finite, the values must be
 * checked in another way.
 *
 * Shapes: any, of dtype float32; output [].
 */
export function roughSum(x: Tensor): Scalar {
  if (onHost()) return scalar(surelyFinite(x) ? 0 : NaN);
  return onTensorflow() ? runOperation('L2Loss', {}, [x]) : sum(x);
}
