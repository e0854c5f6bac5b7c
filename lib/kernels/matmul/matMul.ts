import { reshape, tidy, type Tensor, type Tensor2D, type Tensor3D } from '@tensorflow/tfjs-core';
import { forBackend, type ByBackend } from '../backends/select.ts';
import { simd } from '../simd/current.ts';
import { cpu } from './cpu.ts';
import type { MatMulKernels } from './matMulKernels.ts';
import { tensorflow } from './tensorflow.ts';
import { tfjs } from './tfjs.ts';
import { wasm } from './wasm.ts';
import { webgpu } from './webgpu.ts';

const KERNELS: ByBackend<MatMulKernels> = {
  cpu,
  wasm,
  get wasmSimd() {
    return simd()?.matMul;
  },
  tensorflow,
  softwareWebgpu: webgpu,
  other: tfjs,
};

/**
 * Returns the product a b.
 *
 * Shapes: a [rows, inner]; b [inner, columns]; output [rows, columns].
 */
export function matMul(a: Tensor2D, b: Tensor2D): Tensor2D {
  return forBackend(KERNELS).multiply(a, b, false, false);
}

/**
 * Returns the product aᵀ b.
 *
 * Shapes: a [inner, rows]; b [inner, columns]; output [rows, columns].
 */
export function matMulTransposedA(a: Tensor2D, b: Tensor2D): Tensor2D {
  return forBackend(KERNELS).multiply(a, b, true, false);
}

/**
 * Returns the product a bᵀ.
 *
 * Shapes: a [rows, inner]; b [columns, inner]; output [rows, columns].
 */
export function matMulTransposedB(a: Tensor2D, b: Tensor2D): Tensor2D {
  return forBackend(KERNELS).multiply(a, b, false, true);
}

/**
 * Returns the products a[n] b[n] of two batches of matrices. Each factor may be transposed.
 *
 * Shapes: a [N, rows, inner]; b [N, inner, columns]; output [N, rows, columns]. A batch of 1 is
 *         used for all N of the other batch.
 */
export function multiplyEach(
  a: Tensor3D,
  b: Tensor3D,
  transposeA = false,
  transposeB = false,
): Tensor3D {
  return forBackend(KERNELS).multiplyEach(a, b, transposeA, transposeB);
}

/**
 * Reshapes a tensor to a matrix [N, columns], where columns is the size of the last axis, applies
 * `work`, and returns the result in the tensor's shape. This is needed because webgpu's kernels
 * fail for tensors with five axes.
 */
export function asRows(x: Tensor, work: (rows: Tensor2D) => Tensor2D): Tensor {
  const columns = x.shape[x.rank - 1];
  return tidy(() => reshape(work(reshape(x, [x.size / columns, columns])), x.shape));
}
