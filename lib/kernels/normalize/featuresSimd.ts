import { reshape, tidy, type Tensor, type Tensor1D } from '@tensorflow/tfjs-core';
import { byFeature } from './byFeature.ts';
import type { FeatureKernels } from './featureKernels.ts';
import {
  mapLines,
  moments,
  simdStandardize,
  simdStandardizeToInput,
  withSums,
} from './groupsSimd.ts';
import { simdOf } from '../simd/simd.ts';

/**
 * Operations on features on wasm by boxprop's own kernels, with two passes over x and one over g.
 */
export const wasmSimd: FeatureKernels = {
  shift: (x, shift) => mapLines('shiftLines', x, byFeature(x), [shift]),

  scale: (x, scale) => mapLines('scaleLines', x, byFeature(x), [scale]),

  scaleAndShift: (x, scale, shift) =>
    mapLines('scaleAndShiftLines', x, byFeature(x), [scale, shift]),

  standardize(x, eps) {
    return tidy(() => {
      const { normalized, mean, variance, invStd } = simdStandardize(x, byFeature(x), eps);
      return {
        normalized,
        mean: asVector(mean),
        variance: asVector(variance),
        invStd: asVector(invStd),
      };
    });
  },

  standardizeToInput(g, normalized, scale) {
    return tidy(() => {
      const grads = simdStandardizeToInput(g, normalized, scale, byFeature(g));
      const { gradInput, products, sums } = grads;
      return { gradInput, products: asVector(products), sums: asVector(sums) };
    });
  },

  gradSums(g, normalized) {
    const [products, sums] = [1, 2].map(() => simdOf().output<Tensor1D>([g.shape[g.rank - 1]]));
    const grouping = byFeature(g);
    withSums({ x: g, y: normalized, grouping }, (at) => {
      moments(at.sums, grouping, { sum: sums });
      moments(at.products, grouping, { sum: products });
    });
    return { products, sums };
  },
};

function asVector(perGroup: Tensor): Tensor1D {
  return reshape(perGroup, [perGroup.size]);
}
