import {
  add,
  mul,
  reshape,
  rsqrt,
  sub,
  tidy,
  type Tensor,
  type Tensor1D,
} from '@tensorflow/tfjs-core';
import { scalar } from '../../constant.ts';
import { sumLeading } from '../reduce/sumLeading.ts';
import { byFeature } from './byFeature.ts';
import type { FeatureKernels, GradSums } from './featureKernels.ts';
import { broadcastGroups, groupSize, momentsOver, viewOf } from './reductionGroups.ts';

/**
 * Operations on features for every backend. The values of one feature are treated as a group that
 * has a common mean.
 */
export const byGroups: FeatureKernels = {
  shift(x, shift) {
    const grouping = byFeature(x);
    return tidy(() => {
      const shifted = add(reshape(x, viewOf(grouping)), broadcastGroups(shift, grouping));
      return reshape(shifted, x.shape);
    });
  },

  scale(x, scale) {
    const grouping = byFeature(x);
    return tidy(() => {
      const scaled = mul(reshape(x, viewOf(grouping)), broadcastGroups(scale, grouping));
      return reshape(scaled, x.shape);
    });
  },

  scaleAndShift: (x, scale, shift) => tidy(() => byGroups.shift(byGroups.scale(x, scale), shift)),

  standardize(x, eps) {
    const grouping = byFeature(x);
    return tidy(() => {
      const moments = momentsOver(x, grouping);
      const [mean, variance] = [moments.mean, moments.variance].map((perGroup): Tensor1D =>
        reshape(perGroup, [grouping.groups]),
      );
      const invStd = rsqrt(add<Tensor1D>(variance, scalar(eps)));
      const normalized = mul(moments.centered, broadcastGroups(invStd, grouping));
      return { normalized: reshape(normalized, x.shape), mean, variance, invStd };
    });
  },

  standardizeToInput(g, normalized, scale) {
    const grouping = byFeature(g);
    const view = viewOf(grouping);
    return tidy(() => {
      const { products, sums } = gradSums(g, normalized);
      const perValue = scalar(1 / groupSize(grouping));
      const throughMean = broadcastGroups(mul(sums, perValue), grouping);
      const throughVariance = mul(
        reshape(normalized, view),
        broadcastGroups(mul(products, perValue), grouping),
      );
      const gradInput = mul(
        sub(sub(reshape(g, view), throughVariance), throughMean),
        broadcastGroups(scale, grouping),
      );
      return { gradInput: reshape(gradInput, g.shape), products, sums };
    });
  },

  gradSums,
};

function gradSums(g: Tensor, normalized: Tensor): GradSums {
  return tidy(() => ({
    products: sumLeading(mul(g, normalized)) as Tensor1D,
    sums: sumLeading(g) as Tensor1D,
  }));
}
