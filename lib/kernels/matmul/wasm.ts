import { matMul, tidy, transpose } from '@tensorflow/tfjs-core';
import type { MatMulKernels } from './matMulKernels.ts';
import { tfjs } from './tfjs.ts';

/**
 * Products of matrices on wasm. A product with a transposed factor is a plain loop there, ten times
 * as slow as a transpose and XNNPACK's product. That product first packs its right factor, so the
 * smaller factor should be on the right: a b = (bᵀ aᵀ)ᵀ. Weights, new at each step, are the larger.
 */
export const wasm: MatMulKernels = {
  multiply(a, b, transposeA, transposeB) {
    if (transposeA) return tidy(() => matMul(transpose(a), transposeB ? transpose(b) : b));
    if (b.size > a.size) {
      return tidy(() => transpose(matMul(transposeB ? b : transpose(b), transpose(a))));
    }
    return transposeB ? tidy(() => matMul(a, transpose(b))) : matMul(a, b);
  },

  multiplyEach: tfjs.multiplyEach,
};
