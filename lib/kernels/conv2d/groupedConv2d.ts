import { concat, split, tidy, type Tensor, type Tensor4D } from '@tensorflow/tfjs-core';
import type { Geometry } from '../../geometry.ts';
import { conv2d, conv2dToFilter, conv2dToInput } from './conv2d.ts';
import { computeOnHost, onHost } from '../backends/host.ts';

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
    return beside(x.map((group, k) => conv2d(group, w[k], geometry, b?.[k])));
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
    return beside(g.map((group, k) => conv2dToInput(group, w[k], geometry)));
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
    return beside(x.map((group, k) => conv2dToFilter(group, g[k], geometry)));
  });
}

/** The groups of channels, each a tensor. tfjs's own `split` copies all of its input for each part, on wasm. */
function channels(x: Tensor4D, groups: number): Tensor4D[] {
  if (!onHost()) return split(x, groups, 3);
  const size = x.shape[3] / groups;
  const shape = [...x.shape.slice(0, 3), size];
  return Array.from({ length: groups }, (_, group) => {
    return computeOnHost([x], shape, (part, all) => {
      for (let from = group * size, to = 0; to < part.length; from += size * groups) {
        for (let c = 0; c < size; c++) part[to++] = all[from + c];
      }
    }) as Tensor4D;
  });
}

/** The adjoint and inverse of `channels`. */
function beside(parts: readonly Tensor4D[]): Tensor4D {
  if (!onHost()) return concat([...parts], 3);
  const shape = parts[0].shape;
  const size = shape[3];
  return computeOnHost(parts, [...shape.slice(0, 3), size * parts.length], (all, ...values) => {
    values.forEach((part, group) => {
      for (let to = group * size, from = 0; from < part.length; to += size * parts.length) {
        for (let c = 0; c < size; c++) all[to + c] = part[from++];
      }
    });
  }) as Tensor4D;
}
