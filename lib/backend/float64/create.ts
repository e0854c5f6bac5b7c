import * as tf from '@tensorflow/tfjs-core';
import type { KernelConfig } from '@tensorflow/tfjs-core';
import { InputError, show } from '../../errors.ts';
import { allocate } from './backend.ts';
import { kernel } from './kernel.ts';
import { sizeOf } from './strided.ts';

type None = Record<string, never>;

/** The kernels that create tensors from no inputs: constants and ranges. */
export const createKernels: KernelConfig[] = [
  kernel<None, tf.FillAttrs>(tf.Fill, (backend, _, { shape, value, dtype = 'float32' }) => {
    if (typeof value === 'string') {
      throw new InputError(`Fill: expected value to be a number, got ${show(value)}`);
    }
    return backend.output(allocate(dtype, sizeOf(shape)).fill(value), shape, dtype);
  }),
  kernel<tf.ZerosLikeInputs>(tf.ZerosLike, (backend, { x }) =>
    backend.output(allocate(x.dtype, sizeOf(x.shape)), x.shape, x.dtype),
  ),
  kernel<tf.OnesLikeInputs>(tf.OnesLike, (backend, { x }) =>
    backend.output(allocate(x.dtype, sizeOf(x.shape)).fill(1), x.shape, x.dtype),
  ),
  kernel<None, tf.RangeAttrs>(tf.Range, (backend, _, { start, stop, step, dtype }) => {
    // If the default step of 1 leads away from `stop`, tfjs counts down.
    const by = step === 1 && stop < start ? -1 : step;
    const count = Math.max(0, Math.ceil((stop - start) / by));
    const out = allocate(dtype, count);
    for (let i = 0; i < count; i++) out[i] = start + i * by;
    return backend.output(out, [count], dtype);
  }),
  kernel<None, tf.LinSpaceAttrs>(tf.LinSpace, (backend, _, { start, stop, num }) => {
    const out = allocate('float32', num);
    for (let i = 0; i < num; i++)
      out[i] = i === 0 ? start : start + (i * (stop - start)) / (num - 1);
    return backend.output(out, [num], 'float32');
  }),
];
