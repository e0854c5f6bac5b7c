import { runOperation } from '../backends/tensorflow.ts';
import type { MatMulKernels } from './matMulKernels.ts';
import { tfjs } from './tfjs.ts';

/** Products of matrices on TensorFlow. */
export const tensorflow: MatMulKernels = {
  // tfjs-node itself would run the operation for batches of matrices, between two reshapes.
  multiply: (a, b, transposeA, transposeB) =>
    runOperation('MatMul', { transpose_a: transposeA, transpose_b: transposeB }, [a, b]),

  multiplyEach: tfjs.multiplyEach,
};
