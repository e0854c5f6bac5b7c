import type { Tensor } from '@tensorflow/tfjs-core';
import type { Scalars } from '../../constant.ts';

/** The constants of one step of Adam. */
export interface AdamNumbers {
  /** The decay rates β₁ and β₂ of the moments. */
  readonly betas: readonly [number, number];
  /** The step size ε/(1 − β₁ᵗ). */
  readonly rate: number;
  /** The factor 1/√(1 − β₂ᵗ) of √v'. */
  readonly scale: number;
  readonly eps: number;
}

/** The result of a step of Adam. */
export interface AdamMoments {
  readonly mean: Tensor;
  readonly square: Tensor;
  readonly change: Tensor;
}

/** One backend's step of Adam; `adam.ts` has its equations. */
export type AdamKernel = (
  gradient: Tensor,
  mean: Tensor,
  squares: Tensor,
  numbers: AdamNumbers,
  scalars: Scalars,
) => AdamMoments;
