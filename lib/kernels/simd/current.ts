import { backend, getBackend } from '@tensorflow/tfjs-core';
import type { SIMD_KERNELS } from './kernels.ts';

type SimdKernels = typeof SIMD_KERNELS;

/** The operations by own kernels of each wasm backend that has them. */
const kernelsOf = new WeakMap<object, SimdKernels>();

/** Makes a wasm backend compute operations by own kernels. */
export function setSimd(of: object, kernels: SimdKernels): void {
  kernelsOf.set(of, kernels);
}

/** Returns the operations by own kernels, or undefined if the backend in use has none. */
export function simd(): SimdKernels | undefined {
  return getBackend() === 'wasm' ? kernelsOf.get(backend()) : undefined;
}
