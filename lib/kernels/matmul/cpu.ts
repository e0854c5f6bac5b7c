import type { Tensor2D } from '@tensorflow/tfjs-core';
import { computeOnHost, type Values } from '../backends/host.ts';
import { addProduct, matrixAt, transposeOf } from './gemm.ts';
import type { MatMulKernels } from './matMulKernels.ts';
import { tfjs } from './tfjs.ts';

/** Matrix products on cpu, which are six times as fast as tfjs's own. */
export const cpu: MatMulKernels = {
  multiply(a, b, transposeA, transposeB) {
    const rows = a.shape[transposeA ? 1 : 0];
    const columns = b.shape[transposeB ? 0 : 1];
    return computeOnHost([a, b], [rows, columns], (product, left, right) => {
      addProduct(
        matrixAt(product, rows, columns),
        factor(a, left, transposeA),
        factor(b, right, transposeB),
      );
    }) as Tensor2D;
  },

  multiplyEach: tfjs.multiplyEach,
};

function factor({ shape: [rows, columns] }: Tensor2D, values: Values, isTransposed: boolean) {
  const matrix = matrixAt(values, rows, columns);
  return isTransposed ? transposeOf(matrix) : matrix;
}
