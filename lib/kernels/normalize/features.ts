import type { Tensor } from '@tensorflow/tfjs-core';
import { forBackend, type ByBackend } from '../backends/select.ts';
import { simd } from '../simd/current.ts';
import { byGroups } from './featuresByGroups.ts';
import { tensorflow } from './featuresTensorflow.ts';
import type {
  FeatureKernels,
  GradSums,
  Standardized,
  StandardizedGrads,
} from './featureKernels.ts';

export type { GradSums, Standardized, StandardizedGrads } from './featureKernels.ts';

/*
 * Operations on each feature of a batch. The features are the last axis.
 *
 * Shapes: x, g, normalized [..., features]; shift, scale, mean, variance, ... [features].
 */

const KERNELS: ByBackend<FeatureKernels> = {
  tensorflow,
  get wasmSimd() {
    return simd()?.features;
  },
  other: byGroups,
};

/** Returns x + b, with one b per feature. */
export function shiftFeatures(x: Tensor, shift: Tensor): Tensor {
  return forBackend(KERNELS).shift(x, shift);
}

/** Returns s x, with one s per feature. */
export function scaleFeatures(x: Tensor, scale: Tensor): Tensor {
  return forBackend(KERNELS).scale(x, scale);
}

/** Returns s x + b, with one s and one b per feature. */
export function scaleAndShiftFeatures(x: Tensor, scale: Tensor, shift: Tensor): Tensor {
  return forBackend(KERNELS).scaleAndShift(x, scale, shift);
}

/**
 * Returns x̂ = (x − μ)/√(σ² + ε), whose features have mean 0 and variance 1, and the moments of x.
 */
export function standardize(x: Tensor, eps: number): Standardized {
  return forBackend(KERNELS).standardize(x, eps);
}

/**
 * Computes the gradient of `standardize`, for g = ∂C/∂y, y = γ x̂ + β, and scale = γ/√(σ² + ε).
 *
 *     ∂C/∂x = scale (g − (1/m) Σ g − x̂ (1/m) Σ g x̂)
 */
export function standardizeToInput(
  g: Tensor,
  normalized: Tensor,
  scale: Tensor,
): StandardizedGrads {
  return forBackend(KERNELS).standardizeToInput(g, normalized, scale);
}

/** Returns Σ g x̂ and Σ g for each feature. */
export function normGradSums(g: Tensor, normalized: Tensor): GradSums {
  return forBackend(KERNELS).gradSums(g, normalized);
}
