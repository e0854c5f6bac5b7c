import { registerKernel, unregisterKernel, type TensorInfo } from '@tensorflow/tfjs-core';

/**
 * Makes a clone on wasm share its values with the original, as on every other backend and as in
 * wasm's own `reshape`. tfjs's own kernel copies the values, which is slow, because boxes cache
 * clones of their inputs.
 */
export function shareClones(): void {
  unregisterKernel('Identity', 'wasm');
  registerKernel({
    kernelName: 'Identity',
    backendName: 'wasm',
    kernelFunc: ({ inputs, backend }) => {
      const { dataId, shape, dtype } = inputs.x as TensorInfo;
      (backend as { incRef(dataId: object): void }).incRef(dataId);
      return { dataId, shape, dtype };
    },
  });
}
