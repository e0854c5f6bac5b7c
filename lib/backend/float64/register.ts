import {
  findBackendFactory,
  getKernel,
  registerBackend,
  registerKernel,
} from '@tensorflow/tfjs-core';
import { Float64Backend } from './backend.ts';
import { convolutionKernels } from './convolution.ts';
import { createKernels } from './create.ts';
import { elementwiseKernels } from './elementwise.ts';
import { gatherKernels } from './gather.ts';
import { BACKEND_NAME } from './kernel.ts';
import { matmulKernels } from './matmul.ts';
import { poolingKernels } from './pooling.ts';
import { reduceKernels } from './reduce.ts';
import { shapeKernels } from './shape.ts';
import { softmaxKernels } from './softmax.ts';

const KERNELS = [
  ...elementwiseKernels,
  ...reduceKernels,
  ...shapeKernels,
  ...gatherKernels,
  ...createKernels,
  ...matmulKernels,
  ...convolutionKernels,
  ...poolingKernels,
  ...softmaxKernels,
];

/**
 * The priority of the backend. It is lower than that of every other backend, so tfjs selects this
 * backend by default only if there is no other.
 */
const PRIORITY = 0;

/**
 * Registers the backend `float64` and its kernels with tfjs, so that `setBackend('float64')`
 * selects it. A second call has no effect.
 */
export function registerFloat64(): void {
  if (!findBackendFactory(BACKEND_NAME)) {
    registerBackend(BACKEND_NAME, () => new Float64Backend(), PRIORITY);
  }
  for (const config of KERNELS) {
    if (!getKernel(config.kernelName, BACKEND_NAME)) registerKernel(config);
  }
}
