import * as tf from '@tensorflow/tfjs-core';
import { type KernelConfig, type TensorInfo } from '@tensorflow/tfjs-core';
import { allocate, type Float64Backend } from './backend.ts';
import { kernel } from './kernel.ts';
import { aroundAxis } from './strided.ts';

/** Computes each output element from x − m and Σ exp(x − m), where m is the largest x. */
function normalize(
  backend: Float64Backend,
  logits: TensorInfo,
  axis: number,
  finish: (shifted: number, sum: number) => number,
): TensorInfo {
  const x = backend.values(logits);
  const { outer, length, inner } = aroundAxis(logits.shape, axis);
  const out = allocate('float32', x.length);
  for (let o = 0; o < outer; o++) {
    for (let n = 0; n < inner; n++) {
      const at = (i: number) => (o * length + i) * inner + n;
      let max = -Infinity;
      for (let i = 0; i < length; i++) max = Math.max(max, x[at(i)]);
      let sum = 0;
      for (let i = 0; i < length; i++) sum += Math.exp(x[at(i)] - max);
      for (let i = 0; i < length; i++) out[at(i)] = finish(x[at(i)] - max, sum);
    }
  }
  return backend.output(out, logits.shape, 'float32');
}

/**
 * Softmax and its logarithm along one axis. They subtract m, the largest x, so that no exponential
 * overflows.
 *
 *     softmax       exp(x − m) / Σ exp(x − m)
 *     log softmax   x − m − log Σ exp(x − m)
 */
export const softmaxKernels: KernelConfig[] = [
  kernel<tf.SoftmaxInputs, tf.SoftmaxAttrs>(tf.Softmax, (backend, { logits }, { dim }) =>
    normalize(backend, logits, dim, (shifted, sum) => Math.exp(shifted) / sum),
  ),
  kernel<tf.LogSoftmaxInputs, tf.LogSoftmaxAttrs>(tf.LogSoftmax, (backend, { logits }, { axis }) =>
    normalize(backend, logits, axis, (shifted, sum) => shifted - Math.log(sum)),
  ),
];
