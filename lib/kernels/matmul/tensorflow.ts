import { runOperation } from '../backends/tensorflow.ts';
import type { MatMulKernels } from './matMulKernels.ts';
import { tfjs } from './tfjs.ts';

/** Matrix products on TensorFlow. */
export const tensorflow: MatMulKernels = {
  // tfjs-node itself would use the operation for batches of matrices, with a reshape before and
  // after it.
  multiply: (a, b, transposeA, transposeB) =>
    runOperation('MatMul', { transpose_a: transposeA, transpose_b: transposeB }, [a, b]),

  multiplyEach: tfjs.multiplyEach,
};
