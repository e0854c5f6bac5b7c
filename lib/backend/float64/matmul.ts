import * as tf from '@tensorflow/tfjs-core';
import type { KernelConfig } from '@tensorflow/tfjs-core';
import { InputError } from '../../errors.ts';
import { allocate } from './backend.ts';
import { kernel } from './kernel.ts';
import { broadcast, sizeOf } from './strided.ts';

/**
 * The matrix product. The last two axes are the rows and columns, and each factor may be
 * transposed. The axes before them are broadcast.
 */
export const matmulKernels: KernelConfig[] = [
  kernel<tf.BatchMatMulInputs, tf.BatchMatMulAttrs>(
    tf.BatchMatMul,
    (backend, { a, b }, { transposeA, transposeB }) => {
      const [aBatch, [aRows, aColumns]] = split(a.shape);
      const [bBatch, [bRows, bColumns]] = split(b.shape);
      const [rows, inner] = transposeA ? [aColumns, aRows] : [aRows, aColumns];
      const [bInner, columns] = transposeB ? [bColumns, bRows] : [bRows, bColumns];
      if (inner !== bInner) {
        throw new InputError(`BatchMatMul: expected equal inner sizes, got ${inner} and ${bInner}`);
      }
      const batch = tf.broadcast_util.assertAndGetBroadcastShape(aBatch, bBatch);
      const aMatrices = matrixNumbers(aBatch, batch);
      const bMatrices = matrixNumbers(bBatch, batch);

      // a(i, k) = aValues[aStart + i * aRowStride + k * aInnerStride].
      const [aRowStride, aInnerStride] = transposeA ? [1, aColumns] : [aColumns, 1];
      const [aValues, bValues] = [backend.values(a), backend.values(b)];
      const dtype = tf.upcastType(a.dtype, b.dtype);
      const out = allocate(dtype, sizeOf(batch) * rows * columns);
      for (let n = 0; n < aMatrices.length; n++) {
        const aStart = aMatrices[n] * aRows * aColumns;
        const bStart = bMatrices[n] * bRows * bColumns;
        for (let i = 0; i < rows; i++) {
          const to = (n * rows + i) * columns;
          const aRow = aStart + i * aRowStride;
          // The inner loop goes along the rows of b as they lie in memory.
          if (transposeB) {
            for (let j = 0; j < columns; j++) {
              const bRow = bStart + j * bColumns;
              let sum = 0;
              for (let k = 0; k < inner; k++)
                sum += aValues[aRow + k * aInnerStride] * bValues[bRow + k];
              out[to + j] = sum;
            }
          } else {
            for (let k = 0; k < inner; k++) {
              const left = aValues[aRow + k * aInnerStride];
              const bRow = bStart + k * bColumns;
              for (let j = 0; j < columns; j++) out[to + j] += left * bValues[bRow + j];
            }
          }
        }
      }
      return backend.output(out, [...batch, rows, columns], dtype);
    },
  ),
];

function split(shape: number[]): [batch: number[], matrix: number[]] {
  return [shape.slice(0, -2), shape.slice(-2)];
}

/**
 * For each matrix of the result, returns the index of the matrix of this factor from which it is
 * computed.
 */
function matrixNumbers(own: number[], batch: number[]) {
  return broadcast(
    Int32Array.from({ length: sizeOf(own) }, (_, i) => i),
    own,
    batch,
  );
}
