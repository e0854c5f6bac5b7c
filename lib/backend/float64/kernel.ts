import { type KernelConfig, type KernelFunc, type TensorInfo } from '@tensorflow/tfjs-core';
import type { Float64Backend } from './backend.ts';

/**
 * The function of a kernel. It computes the outputs from the backend, the inputs and the
 * attributes, whose types tfjs-core exports.
 */
export type Compute<Inputs, Attrs> = (
  backend: Float64Backend,
  inputs: Present<Inputs>,
  attrs: Attrs,
) => TensorInfo | TensorInfo[];

/** tfjs's types of inputs, `{ x: TensorInfo | undefined }`, without `undefined`. */
type Present<T> = { [K in keyof T]: NonNullable<T[K]> };

interface Call<Inputs, Attrs> {
  inputs: Present<Inputs>;
  backend: Float64Backend;
  attrs: Attrs;
}

/** The name of the backend in tfjs's registry. */
export const BACKEND_NAME = 'float64';

/** Returns a kernel of float64 in the form that tfjs registers. */
export function kernel<Inputs, Attrs = object>(
  kernelName: string,
  compute: Compute<Inputs, Attrs>,
): KernelConfig {
  const kernelFunc = ({ backend, inputs, attrs }: Call<Inputs, Attrs>) =>
    compute(backend, inputs, attrs);
  // tfjs's registry has a single type for all kernels, so the exact types are lost here and nowhere
  // else.
  return { kernelName, backendName: BACKEND_NAME, kernelFunc: kernelFunc as unknown as KernelFunc };
}
