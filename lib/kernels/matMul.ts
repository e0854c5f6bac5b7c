import { getBackend, matMul as multiply, tidy, transpose, type Tensor2D } from '@tensorflow/tfjs-core';

/** a b for matrices. */
export function matMul(a: Tensor2D, b: Tensor2D): Tensor2D {
  return multiply(a, b);
}

/** aᵀ b. */
export function matMulTransposedA(a: Tensor2D, b: Tensor2D): Tensor2D {
  // wasm's own transposed product is a plain loop, ten times slower than a transpose and its fast product.
  if (getBackend() === 'wasm') return tidy(() => multiply(transpose(a), b));
  return multiply(a, b, true, false);
}

/** a bᵀ. */
export function matMulTransposedB(a: Tensor2D, b: Tensor2D): Tensor2D {
  if (getBackend() === 'wasm') return tidy(() => multiply(a, transpose(b)));
  return multiply(a, b, false, true);
}
