import { concat, split, tidy, type Tensor, type Tensor4D } from '@tensorflow/tfjs-core';
import type { Geometry } from '../geometry.ts';
import { conv2d, conv2dToFilter, conv2dToInput } from './conv2d.ts';

/**
 * Convolutions side by side: the channels fall into groups, and each group of output channels sees one group of
 * input channels. The filters are [K_h, K_w, C_in / groups, C_out], those of a group next to each other. tfjs has no
 * kernel for this, so each group is a convolution of its own.
 */
export function groupedConv2d(
  images: Tensor4D,
  filters: Tensor4D,
  geometry: Geometry,
  groups: number,
  bias?: Tensor,
): Tensor4D {
  if (groups === 1) return conv2d(images, filters, geometry, bias);
  return tidy(() => {
    const [x, w] = [channels(images, groups), channels(filters, groups)];
    const b = bias && split(bias, groups);
    return concat(
      x.map((group, k) => conv2d(group, w[k], geometry, b?.[k])),
      3,
    );
  });
}

export function groupedConv2dToInput(
  gradOutput: Tensor4D,
  filters: Tensor4D,
  geometry: Geometry,
  groups: number,
): Tensor4D {
  if (groups === 1) return conv2dToInput(gradOutput, filters, geometry);
  return tidy(() => {
    const [g, w] = [channels(gradOutput, groups), channels(filters, groups)];
    return concat(
      g.map((group, k) => conv2dToInput(group, w[k], geometry)),
      3,
    );
  });
}

export function groupedConv2dToFilter(
  images: Tensor4D,
  gradOutput: Tensor4D,
  geometry: Geometry,
  groups: number,
): Tensor4D {
  if (groups === 1) return conv2dToFilter(images, gradOutput, geometry);
  return tidy(() => {
    const [x, g] = [channels(images, groups), channels(gradOutput, groups)];
    return concat(
      x.map((group, k) => conv2dToFilter(group, g[k], geometry)),
      3,
    );
  });
}

/** The groups of channels, each a tensor. */
function channels(x: Tensor4D, groups: number): Tensor4D[] {
  return split(x, groups, 3);
}
