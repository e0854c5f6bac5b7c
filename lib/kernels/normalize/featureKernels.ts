import type { Tensor, Tensor1D } from '@tensorflow/tfjs-core';

/** The result of `standardize`. */
export interface Standardized {
  /** The normalized values x̂ = (x − μ)/√(σ² + ε). */
  readonly normalized: Tensor;
  /** The mean μ = (1/m) Σ x over the m values of a feature. */
  readonly mean: Tensor1D;
  /** The variance σ² = (1/m) Σ (x − μ)². */
  readonly variance: Tensor1D;
  /** The factor 1/√(σ² + ε). */
  readonly invStd: Tensor1D;
}

/** The sums of gradients over the values of each feature. */
export interface GradSums {
  /** The sum Σ g x̂ for each feature. */
  readonly products: Tensor1D;
  /** The sum Σ g for each feature. */
  readonly sums: Tensor1D;
}

/** The result of `standardizeToInput`. */
export interface StandardizedGrads extends GradSums {
  /** The gradient ∂C/∂x. */
  readonly gradInput: Tensor;
}

/** One backend's operations on the features of a batch; `features.ts` has their equations. */
export interface FeatureKernels {
  /** Returns x + b, with one b per feature. */
  readonly shift: (x: Tensor, shift: Tensor) => Tensor;
  /** Returns s x, with one s per feature. */
  readonly scale: (x: Tensor, scale: Tensor) => Tensor;
  /** Returns s x + b, with one s and one b per feature. */
  readonly scaleAndShift: (x: Tensor, scale: Tensor, shift: Tensor) => Tensor;
  /** Returns x̂, and the mean, the variance and 1/√(σ² + ε) of each feature. */
  readonly standardize: (x: Tensor, eps: number) => Standardized;
  /** Returns ∂C/∂x, Σ g x̂ and Σ g, from g, x̂ and the scale. */
  readonly standardizeToInput: (g: Tensor, normalized: Tensor, scale: Tensor) => StandardizedGrads;
  /** Returns Σ g x̂ and Σ g. */
  readonly gradSums: (g: Tensor, normalized: Tensor) => GradSums;
}
