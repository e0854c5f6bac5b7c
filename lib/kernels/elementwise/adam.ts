import { add, div, mul, sqrt, square, tidy, type Tensor } from '@tensorflow/tfjs-core';
import type { Scalars } from '../../constant.ts';
import { forBackend, type ByBackend } from '../backends/select.ts';
import { simd } from '../simd/current.ts';
import type { AdamKernel, AdamMoments, AdamNumbers } from './adamKernel.ts';

const byOperations: AdamKernel = (gradient, mean, squares, numbers, scalars) => {
  const [beta1, beta2] = numbers.betas;
  const m = add(mul(mean, scalars.of(beta1)), mul(gradient, scalars.of(1 - beta1)));
  const v = add(mul(squares, scalars.of(beta2)), mul(square(gradient), scalars.of(1 - beta2)));
  const root = mul(sqrt(v), scalars.of(numbers.scale));
  const change = div(mul(m, scalars.of(numbers.rate)), add(root, scalars.of(numbers.eps)));
  return { mean: m, square: v, change };
};

const KERNELS: ByBackend<AdamKernel> = {
  get wasmSimd() {
    return simd()?.adam;
  },
  other: byOperations,
};

/**
 * Computes Adam's new moments of a gradient g, and the change of the parameter.
 *
 *     m' = β₁ m + (1 − β₁) g
 *     v' = β₂ v + (1 − β₂) g²
 *     change = rate m' / (√v' scale + eps)
 *
 * Shapes: all the same.
 */
export function adamMoments(
  gradient: Tensor,
  mean: Tensor,
  squares: Tensor,
  numbers: AdamNumbers,
  scalars: Scalars,
): AdamMoments {
  return tidy(() => ({ ...forBackend(KERNELS)(gradient, mean, squares, numbers, scalars) }));
}
