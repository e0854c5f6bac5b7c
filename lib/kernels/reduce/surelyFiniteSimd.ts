import { tidy, type Tensor } from '@tensorflow/tfjs-core';
import { runElementwise, simdOf } from '../simd/simd.ts';

/** Sums 0·x on wasm with boxprop's own kernel. The sum is 0 if all values are finite. */
export function wasmSimd(x: Tensor): boolean {
  return tidy(() => {
    const zero = simdOf().output([]);
    runElementwise('zeroIfFinite', [x], [zero]);
    return zero.dataSync()[0] === 0;
  });
}
