import { getBackend } from '@tensorflow/tfjs-core';
import { onSoftwareGpu } from './webgpu.ts';

/**
 * The backends whose implementations of an operation may differ, by their names in tfjs.
 * `softwareWebgpu` is webgpu on a software GPU, such as SwiftShader. `wasmSimd` is wasm with
 * boxprop's own kernels; its entry is undefined if there is no such kernel.
 */
export type KernelBackend =
  'cpu' | 'wasm' | 'wasmSimd' | 'tensorflow' | 'webgl' | 'webgpu' | 'softwareWebgpu' | 'float64';

/**
 * One implementation of an operation per backend. `other` serves every backend without an entry,
 * such as one that a user has registered with tfjs.
 */
export type ByBackend<T> = Readonly<Partial<Record<KernelBackend, T | undefined>>> & {
  readonly other: T;
};

/**
 * Returns the implementation for the backend in use.
 *
 *     const KERNELS: ByBackend<Conv2dKernels> = { cpu, wasm, other: tfjs };
 *     const output = forBackend(KERNELS).forward(images, filters, geometry);
 */
export function forBackend<T>(implementations: ByBackend<T>): T {
  const name = getBackend();
  if (name === 'webgpu' && implementations.softwareWebgpu !== undefined && onSoftwareGpu()) {
    return implementations.softwareWebgpu;
  }
  if (name === 'wasm')
    return implementations.wasmSimd ?? implementations.wasm ?? implementations.other;
  return implementations[name as KernelBackend] ?? implementations.other;
}
