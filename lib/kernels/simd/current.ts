import { backend, getBackend } from '@tensorflow/tfjs-core';
import type { SIMD_KERNELS } from './kernels.ts';

type SimdKernels = typeof SIMD_KERNELS;

/**
 * The operations that boxprop's own kernels compute, for each wasm backend that has such kernels.
 */
const kernelsOf = new WeakMap<object, SimdKernels>();

/** Makes a wasm backend use boxprop's own kernels for these operations. */
export function setSimd(of: object, kernels: SimdKernels): void {
  kernelsOf.set(of, kernels);
}

/**
 * Returns the operations that boxprop's own kernels compute, or undefined if the backend in use has
 * no such kernels.
 */
export function simd(): SimdKernels | undefined {
  return getBackend() === 'wasm' ? kernelsOf.get(backend()) : undefined;
}
