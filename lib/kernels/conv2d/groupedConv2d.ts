import { concat, split, tidy, type Tensor, type Tensor4D } from '@tensorflow/tfjs-core';
import type { Geometry } from '../../geometry.ts';
import { conv2d, conv2dToFilter, conv2dToInput } from './conv2d.ts';
import { computeOnHost, onHost } from '../backends/host.ts';
import { forBackend, type ByBackend } from '../backends/select.ts';
import { simd } from '../simd/current.ts';

/*
 * Convolution in groups: the channels are divided into groups, and each group of output channels
 * sees one group of input channels. tfjs has no kernel for this, so tfjs's backends compute one
 * convolution per group.
 *
 * Shapes: those of conv2d.ts, but filters [K_h, K_w, C_in / groups, C_out]; the filters of a group
 *         are consecutive.
 */

/**
 * One backend's convolution in groups and its gradients. For each group, the equations are those of
 * conv2d.ts.
 */
interface GroupedConv2dKernels {
  readonly forward: (
    images: Tensor4D,
    filters: Tensor4D,
    geometry: Geometry,
    bias: Tensor | undefined,
    groups: number,
  ) => Tensor4D;
  readonly toInput: (
    gradOutput: Tensor4D,
    filters: Tensor4D,
    geometry: Geometry,
    groups: number,
  ) => Tensor4D;
  readonly toFilter: (
    images: Tensor4D,
    gradOutput: Tensor4D,
    geometry: Geometry,
    groups: number,
  ) => Tensor4D;
}

/** Computes one convolution for each group. */
const groupByGroup: GroupedConv2dKernels = {
  forward(images, filters, geometry, bias, groups) {
    if (groups === 1) return conv2d(images, filters, geometry, bias);
    return tidy(() => {
      const [x, w] = [splitGroups(images, groups), splitGroups(filters, groups)];
      const b = bias && split(bias, groups);
      return joinGroups(x.map((group, k) => conv2d(group, w[k], geometry, b?.[k])));
    });
  },

  toInput(gradOutput, filters, geometry, groups) {
    if (groups === 1) return conv2dToInput(gradOutput, filters, geometry);
    return tidy(() => {
      const [g, w] = [splitGroups(gradOutput, groups), splitGroups(filters, groups)];
      return joinGroups(g.map((group, k) => conv2dToInput(group, w[k], geometry)));
    });
  },

  toFilter(images, gradOutput, geometry, groups) {
    if (groups === 1) return conv2dToFilter(images, gradOutput, geometry);
    return tidy(() => {
      const [x, g] = [splitGroups(images, groups), splitGroups(gradOutput, groups)];
      return joinGroups(x.map((group, k) => conv2dToFilter(group, g[k], geometry)));
    });
  },
};

const KERNELS: ByBackend<GroupedConv2dKernels> = {
  get wasmSimd() {
    return simd()?.conv2d;
  },
  other: groupByGroup,
};

/** Convolves each group of channels separately: y_k = x_k ∗ w_k (+ b_k) for group k. */
export function groupedConv2d(
  images: Tensor4D,
  filters: Tensor4D,
  geometry: Geometry,
  groups: number,
  bias?: Tensor,
): Tensor4D {
  return forBackend(KERNELS).forward(images, filters, geometry, bias, groups);
}

/** Computes the gradient of the images with one `conv2dToInput` per group. */
export function groupedConv2dToInput(
  gradOutput: Tensor4D,
  filters: Tensor4D,
  geometry: Geometry,
  groups: number,
): Tensor4D {
  return forBackend(KERNELS).toInput(gradOutput, filters, geometry, groups);
}

/** Computes the gradient of the filters with one `conv2dToFilter` per group. */
export function groupedConv2dToFilter(
  images: Tensor4D,
  gradOutput: Tensor4D,
  geometry: Geometry,
  groups: number,
): Tensor4D {
  return forBackend(KERNELS).toFilter(images, gradOutput, geometry, groups);
}

/**
 * Splits a tensor into its groups of channels. On wasm, tfjs's own `split` would copy all of x for
 * each group.
 */
function splitGroups(x: Tensor4D, groups: number): Tensor4D[] {
  if (!onHost()) return split(x, groups, 3);
  const size = x.shape[3] / groups;
  const shape = [...x.shape.slice(0, 3), size];
  return Array.from({ length: groups }, (_, group) => {
    return computeOnHost([x], shape, (values, all) => {
      for (let from = group * size, to = 0; to < values.length; from += size * groups) {
        for (let c = 0; c < size; c++) values[to++] = all[from + c];
      }
    }) as Tensor4D;
  });
}

/**
 * Concatenates groups of channels into one tensor. This is the inverse and the adjoint of
 * `splitGroups`.
 */
function joinGroups(groups: readonly Tensor4D[]): Tensor4D {
  if (!onHost()) return concat([...groups], 3);
  const shape = groups[0].shape;
  const size = shape[3];
  return computeOnHost(groups, [...shape.slice(0, 3), size * groups.length], (all, ...parts) => {
    parts.forEach((values, group) => {
      for (let to = group * size, from = 0; from < values.length; to += size * groups.length) {
        for (let c = 0; c < size; c++) all[to + c] = values[from++];
      }
    });
  }) as Tensor4D;
}
