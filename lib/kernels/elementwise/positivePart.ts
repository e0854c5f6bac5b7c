import { mul, relu, step, tidy, type Tensor } from '@tensorflow/tfjs-core';
import { onTensorflow, runOperation } from '../backends/tensorflow.ts';

/** max(0, x) */
export function positivePart(x: Tensor): Tensor {
  return onTensorflow() ? runOperation('Relu', {}, [x]) : relu(x);
}

/** ∂C/∂x of max(0, x): gradOutput where the output is above 0, else 0. tfjs-node makes `step` of five operations. */
export function positivePartToInput(gradOutput: Tensor, output: Tensor): Tensor {
  if (onTensorflow()) return runOperation('ReluGrad', {}, [gradOutput, output]);
  return tidy(() => mul(gradOutput, step(output)));
}
