import { runElementwise, simdOf } from '../simd/simd.ts';
import type { AdamKernel } from './adamKernel.ts';

/** A step of Adam on wasm by boxprop's own kernel, in one pass over the three tensors. */
export const wasmSimd: AdamKernel = (
  gradient,
  mean,
  squares,
  { betas: [beta1, beta2], rate, scale, eps },
) => {
  const [newMean, newSquares, change] = [1, 2, 3].map(() => simdOf().output(gradient.shape));
  const numbers = [beta1, 1 - beta1, beta2, 1 - beta2, rate, scale, eps];
  runElementwise('adam', [mean, squares, gradient], [newMean, newSquares, change], numbers);
  return { mean: newMean, square: newSquares, change };
};
