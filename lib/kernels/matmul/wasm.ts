import { tidy, transpose } from '@tensorflow/tfjs-core';
import { matMulInBlocks } from './matMulInBlocks.ts';
import type { MatMulKernels } from './matMulKernels.ts';
import { tfjs } from './tfjs.ts';

/**
 * Matrix products on wasm. In tfjs, a product with a transposed factor is a plain loop, which is
 * ten times as slow as a transpose followed by XNNPACK's product. XNNPACK first packs the right
 * factor, so the smaller factor should be on the right: a b = (bᵀ aᵀ)ᵀ. In training, the weights
 * are the larger factor, and would have to be packed again at each step.
 */
export const wasm: MatMulKernels = {
  multiply(a, b, transposeA, transposeB) {
    if (transposeA) return tidy(() => matMulInBlocks(transpose(a), transposeB ? transpose(b) : b));
    if (b.size > a.size) {
      return tidy(() => transpose(matMulInBlocks(transposeB ? b : transpose(b), transpose(a))));
    }
    return transposeB ? tidy(() => matMulInBlocks(a, transpose(b))) : matMulInBlocks(a, b);
  },

  multiplyEach: tfjs.multiplyEach,
};
