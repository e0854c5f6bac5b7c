import { mul, step, tidy, type Tensor } from '@tensorflow/tfjs-core';
import { onTensorflow, runOperation } from './tensorflow.ts';

/** ∂C/∂x of max(0, x): gradOutput where the output is above 0, else 0. tfjs-node makes `step` of five operations. */
export function positivePartToInput(gradOutput: Tensor, output: Tensor): Tensor {
  if (onTensorflow()) return runOperation('ReluGrad', {}, [gradOutput, output]);
  return tidy(() => mul(gradOutput, step(output)));
}
