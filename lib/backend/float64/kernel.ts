import { type KernelConfig, type KernelFunc, type TensorInfo } from '@tensorflow/tfjs-core';
import type { Float64Backend } from './backend.ts';

/**
 * How a kernel of the `float64` backend is written down: its name and a function of the backend, its inputs and its
 * attributes, in the types that tfjs-core exports for them.
 */
export type Compute<Inputs, Attrs> = (
  backend: Float64Backend,
  inputs: Present<Inputs>,
  attrs: Attrs,
) => TensorInfo | TensorInfo[];

/** tfjs's input types, `{ x: TensorInfo | undefined }`, for kernels none of whose inputs is optional. */
type Present<T> = { [K in keyof T]: NonNullable<T[K]> };

interface Call<Inputs, Attrs> {
  inputs: Present<Inputs>;
  backend: Float64Backend;
  attrs: Attrs;
}

export const BACKEND_NAME = 'float64';

export function kernel<Inputs, Attrs = object>(
  kernelName: string,
  compute: Compute<Inputs, Attrs>,
): KernelConfig {
  const kernelFunc = ({ backend, inputs, attrs }: Call<Inputs, Attrs>) =>
    compute(backend, inputs, attrs);
  // tfjs's registry erases the types of all kernels; here they are erased once for all.
  return { kernelName, backendName: BACKEND_NAME, kernelFunc: kernelFunc as unknown as KernelFunc };
}
