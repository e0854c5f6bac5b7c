import { add, mul, reshape, rsqrt, sub, tidy, type Tensor } from '@tensorflow/tfjs-core';
import { scalar } from '../../constant.ts';
import { forBackend, type ByBackend } from '../backends/select.ts';
import { simd } from '../simd/current.ts';
import type { StandardizedGroups, StandardizeKernels } from './standardizeKernels.ts';
import { broadcastGroups, meanOver, momentsOver, viewOf } from './reductionGroups.ts';
import type { ReductionGroups } from './groupKernels.ts';

export type { StandardizedGroups } from './standardizeKernels.ts';

const KERNELS: ByBackend<StandardizeKernels> = {
  get wasmSimd() {
    return simd()?.standardizeGroups;
  },
  other: {
    forward(x, grouping, eps) {
      return tidy(() => {
        const { variance, centered } = momentsOver(x, grouping);
        const invStd = rsqrt(add(variance, scalar(eps)));
        const normalized = reshape(mul(centered, broadcastGroups(invStd, grouping)), x.shape);
        return { normalized, invStd };
      });
    },
    toInput(g, { normalized, invStd }, grouping) {
      return tidy(() => {
        const view = viewOf(grouping);
        const [grad, xhat] = [reshape(g, view), reshape(normalized, view)];
        const throughMean = broadcastGroups(meanOver(grad, grouping), grouping);
        const projection = broadcastGroups(meanOver(mul(grad, xhat), grouping), grouping);
        const throughVariance = mul(xhat, projection);
        const gradInput = mul(
          sub(sub(grad, throughMean), throughVariance),
          broadcastGroups(invStd, grouping),
        );
        return reshape(gradInput, g.shape);
      });
    },
  },
};

/**
 * Gives each group mean 0 and variance 1. With the mean μ and the variance σ² of a group:
 *
 *     x̂ = (x − μ)/√(σ² + ε)
 */
export function standardizeGroups(
  x: Tensor,
  grouping: ReductionGroups,
  eps: number,
): StandardizedGroups {
  return forBackend(KERNELS).forward(x, grouping, eps);
}

/**
 * Computes the gradient of `standardizeGroups`, for g = ∂C/∂x̂ and means over the D elements of a
 * group.
 *
 *     ∂C/∂x_i = 1/√(σ² + ε) · (g_i − (1/D) Σ_j g_j − x̂_i (1/D) Σ_j g_j x̂_j)
 */
export function standardizeGroupsToInput(
  g: Tensor,
  standardized: StandardizedGroups,
  grouping: ReductionGroups,
): Tensor {
  return forBackend(KERNELS).toInput(g, standardized, grouping);
}
