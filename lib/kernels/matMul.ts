import { getBackend, matMul as multiply, tidy, transpose, type Tensor2D } from '@tensorflow/tfjs-core';

/**
 * Products of matrices. Two things are slow on wasm, and are worked around here: its product with a transposed factor
 * is a plain loop, ten times slower than a transpose and its fast product; and its fast product first packs the factor
 * on the right, so the smaller one stands there: a b = (bᵀ aᵀ)ᵀ. Weights, new at each step, are the larger.
 */

/** a b */
export function matMul(a: Tensor2D, b: Tensor2D): Tensor2D {
  if (!onWasm() || b.size <= a.size) return multiply(a, b);
  return tidy(() => transpose(multiply<Tensor2D>(transpose(b), transpose(a))));
}

/** aᵀ b */
export function matMulTransposedA(a: Tensor2D, b: Tensor2D): Tensor2D {
  if (!onWasm()) return multiply(a, b, true, false);
  return tidy(() => multiply(transpose(a), b));
}

/** a bᵀ */
export function matMulTransposedB(a: Tensor2D, b: Tensor2D): Tensor2D {
  if (!onWasm()) return multiply(a, b, false, true);
  if (b.size <= a.size) return tidy(() => multiply(a, transpose(b)));
  return tidy(() => transpose(multiply<Tensor2D>(b, transpose(a))));
}

function onWasm(): boolean {
  return getBackend() === 'wasm';
}
