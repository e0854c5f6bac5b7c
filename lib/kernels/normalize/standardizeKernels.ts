import type { Tensor } from '@tensorflow/tfjs-core';
import type { ReductionGroups } from './groupKernels.ts';

/** The result of `standardizeGroups`. */
export interface StandardizedGroups {
  /** x̂, in the shape of x. */
  readonly normalized: Tensor;
  /** 1/√(σ² + ε), one per group. */
  readonly invStd: Tensor;
}

/** One backend's standardization of groups and its gradient. */
export interface StandardizeKernels {
  readonly forward: (x: Tensor, grouping: ReductionGroups, eps: number) => StandardizedGroups;
  readonly toInput: (
    g: Tensor,
    standardized: StandardizedGroups,
    grouping: ReductionGroups,
  ) => Tensor;
}
