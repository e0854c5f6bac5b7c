import type { Tensor } from '@tensorflow/tfjs-core';
import { runElementwise, simdOf, type SimdKernel } from '../simd/simd.ts';

/** The positive and the negative part on wasm by boxprop's own kernels, which preserve NaN. */
export const wasmSimd = {
  positivePart: (x: Tensor) => elementwise('relu', [x]),
  negativePart: (x: Tensor) => elementwise('negativePart', [x]),
  positivePartToInput: (gradOutput: Tensor, output: Tensor) =>
    elementwise('reluGrad', [gradOutput, output]),
};

function elementwise(kernel: SimdKernel, inputs: readonly Tensor[]): Tensor {
  const output = simdOf().output(inputs[0].shape);
  runElementwise(kernel, inputs, [output]);
  return output;
}
