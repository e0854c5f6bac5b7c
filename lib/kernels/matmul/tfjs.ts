import { matMul } from '@tensorflow/tfjs-core';
import type { MatMulKernels } from './matMulKernels.ts';

/** Products of matrices by tfjs's own kernels. */
export const tfjs: MatMulKernels = { multiply: matMul, multiplyEach: matMul };
