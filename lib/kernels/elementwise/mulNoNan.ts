import { equal, mul, tidy, where, zerosLike, type Tensor2D } from '@tensorflow/tfjs-core';
import { scalar } from '../../constant.ts';
import { onTensorflow, runOperation } from '../backends/tensorflow.ts';

/** t x, and 0 where t is 0 even if x is infinite there: the logarithm of a probability of 0 that nothing asks for. */
export function mulNoNan(target: Tensor2D, x: Tensor2D): Tensor2D {
  if (onTensorflow()) return runOperation('MulNoNan', {}, [x, target]);
  return tidy(() => where(equal(target, scalar(0)), zerosLike(x), mul(target, x)));
}
