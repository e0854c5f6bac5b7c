import type { Tensor2D, Tensor3D } from '@tensorflow/tfjs-core';

/** One backend's matrix products. */
export interface MatMulKernels {
  /** The product of two matrices, of which at most one is transposed. */
  readonly multiply: (
    a: Tensor2D,
    b: Tensor2D,
    transposeA: boolean,
    transposeB: boolean,
  ) => Tensor2D;
  /**
   * The products of two batches of matrices. A batch of 1 is used for all matrices of the other
   * batch.
   */
  readonly multiplyEach: (
    a: Tensor3D,
    b: Tensor3D,
    transposeA: boolean,
    transposeB: boolean,
  ) => Tensor3D;
}
