import { matMul } from '@tensorflow/tfjs-core';
import type { MatMulKernels } from './matMulKernels.ts';

/** Matrix products by tfjs's own kernels. */
export const tfjs: MatMulKernels = { multiply: matMul, multiplyEach: matMul };
