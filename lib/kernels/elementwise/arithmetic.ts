import { add, mul, sub, type Tensor } from '@tensorflow/tfjs-core';
import { onTensorflow, runOperation } from '../backends/tensorflow.ts';

/**
 * tfjs's `add`, `mul` and `sub` for the many small tensors of an update. On tensorflow they go past tfjs, which takes
 * longer to look up types and shapes than TensorFlow to compute.
 */
export const plus = direct('AddV2', add);
export const times = direct('Mul', mul);
export const minus = direct('Sub', sub);

function direct(name: string, byTfjs: (a: Tensor, b: Tensor) => Tensor) {
  return (a: Tensor, b: Tensor): Tensor =>
    onTensorflow() ? runOperation(name, {}, [a, b]) : byTfjs(a, b);
}
