import {
  getBackend,
  matMul as multiplyByTfjs,
  reshape,
  tidy,
  transpose,
  type Rank,
  type Tensor2D,
  type Tensor3D,
} from '@tensorflow/tfjs-core';
import { addProduct, matrixAt, transposeOf, type Matrix } from './gemm.ts';
import { computeOnHost, type Values } from '../backends/host.ts';
import { matMulOnWebgpu } from './webgpu.ts';
import { onTensorflow, runOperation } from '../backends/tensorflow.ts';
import { onSoftwareGpu } from '../backends/webgpu.ts';

/**
 * Products of matrices. On cpu they are boxprop's own, six times as fast as tfjs's. Two things are slow on wasm, and are worked around here: its product with a transposed factor
 * is a plain loop, ten times slower than a transpose and its fast product; and its fast product first packs the factor
 * on the right, so the smaller one stands there: a b = (bᵀ aᵀ)ᵀ. Weights, new at each step, are the larger.
 */

/** a b */
export function matMul(a: Tensor2D, b: Tensor2D): Tensor2D {
  if (onCpu()) return product([a, false], [b, false]);
  if (!onWasm() || b.size <= a.size) return multiply(a, b);
  return tidy(() => transpose(multiply(transpose(b), transpose(a))));
}

/** aᵀ b */
export function matMulTransposedA(a: Tensor2D, b: Tensor2D): Tensor2D {
  if (onCpu()) return product([a, true], [b, false]);
  if (!onWasm()) return multiply(a, b, true, false);
  return tidy(() => multiply(transpose(a), b));
}

/** a bᵀ */
export function matMulTransposedB(a: Tensor2D, b: Tensor2D): Tensor2D {
  if (onCpu()) return product([a, false], [b, true]);
  if (!onWasm()) return multiply(a, b, false, true);
  if (b.size <= a.size) return tidy(() => multiply(a, transpose(b)));
  return tidy(() => transpose(multiply(b, transpose(a))));
}

/** The products of a batch of matrices, a factor transposed if wanted. A batch of 1 serves for all of the other's. */
export function multiplyEach(
  a: Tensor3D,
  b: Tensor3D,
  transposeA = false,
  transposeB = false,
): Tensor3D {
  if (onSoftwareGpu()) return matMulOnWebgpu(a, b, transposeA, transposeB);
  return multiplyByTfjs<Tensor3D>(a, b, transposeA, transposeB);
}

function multiply(a: Tensor2D, b: Tensor2D, transposeA = false, transposeB = false): Tensor2D {
  if (onTensorflow()) {
    // tfjs-node takes the operation for a batch of matrices, between two changes of shape.
    return runOperation('MatMul', { transpose_a: transposeA, transpose_b: transposeB }, [a, b]);
  }
  if (!onSoftwareGpu()) return multiplyByTfjs<Tensor2D>(a, b, transposeA, transposeB);
  const alone = ({ shape: [rows, columns] }: Tensor2D): [number, number, number] => [
    1,
    rows,
    columns,
  ];
  return tidy(() => {
    const [left, right] = [reshape<Rank.R3>(a, alone(a)), reshape<Rank.R3>(b, alone(b))];
    const product = matMulOnWebgpu(left, right, transposeA, transposeB);
    return reshape(product, [product.shape[1], product.shape[2]]);
  });
}

function onWasm(): boolean {
  return getBackend() === 'wasm';
}

function onCpu(): boolean {
  return getBackend() === 'cpu';
}

type Factor = readonly [matrix: Tensor2D, isTransposed: boolean];

function product(a: Factor, b: Factor): Tensor2D {
  const [rows, columns] = [a[0].shape[a[1] ? 1 : 0], b[0].shape[b[1] ? 0 : 1]];
  return computeOnHost([a[0], b[0]], [rows, columns], (values, left, right) => {
    const factor = ([{ shape }, isTransposed]: Factor, its: Values): Matrix => {
      const matrix = matrixAt(its, shape[0], shape[1]);
      return isTransposed ? transposeOf(matrix) : matrix;
    };
    addProduct(matrixAt(values, rows, columns), factor(a, left), factor(b, right));
  }) as Tensor2D;
}
