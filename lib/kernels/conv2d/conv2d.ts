import type { Tensor, Tensor4D } from '@tensorflow/tfjs-core';
import type { Geometry } from '../../geometry.ts';
import { forBackend, type ByBackend } from '../backends/select.ts';
import { simd } from '../simd/current.ts';
import type { Conv2dKernels } from './conv2dKernels.ts';
import { cpu } from './cpu.ts';
import { withDilatedGradients } from './dilate.ts';
import { tensorflow } from './tensorflow.ts';
import { tfjs } from './tfjs.ts';
import { wasm } from './wasm.ts';
import { webglKernels } from './webgl.ts';
import { webgpu } from './webgpu.ts';

/*
 * Cross-correlation of a batch of images with a bank of filters, and its two gradients.
 *
 * Shapes: images [N, H, W, C_in]; filters [K_h, K_w, C_in, C_out]; bias [C_out];
 *         output [N, H_out, W_out, C_out].
 */

/**
 * tfjs's kernels with gradients that take dilation into account. On all backends but float64,
 * tfjs's own gradients ignore dilation.
 */
const other: Conv2dKernels = { ...tfjs, ...withDilatedGradients(tfjs) };

const KERNELS: ByBackend<Conv2dKernels> = {
  cpu,
  wasm,
  get wasmSimd() {
    return simd()?.conv2d;
  },
  tensorflow,
  webgl: webglKernels(),
  // On a hardware GPU, tfjs's kernels are used, except for the gradient of the filters.
  webgpu: { ...other, toFilter: webgpu.toFilter },
  softwareWebgpu: webgpu,
  float64: tfjs,
  other,
};

/**
 * Convolves images with filters.
 *
 *     y[n,i,j,o] = Σ_pqc x[n, i·s + p·d − before, j·s + q·d − before, c] w[p,q,c,o] (+ b[o])
 */
export function conv2d(
  images: Tensor4D,
  filters: Tensor4D,
  geometry: Geometry,
  bias?: Tensor,
): Tensor4D {
  return forBackend(KERNELS).forward(images, filters, geometry, bias);
}

/**
 * Computes the gradient of the images.
 *
 *     ∂C/∂x[n,y,x,c] = Σ_ijo g[n,i,j,o] w[p,q,c,o]
 *
 * over the windows (i, j) whose cell (p, q) lies on the pixel (y, x).
 */
export function conv2dToInput(
  gradOutput: Tensor4D,
  filters: Tensor4D,
  geometry: Geometry,
): Tensor4D {
  return forBackend(KERNELS).toInput(gradOutput, filters, geometry);
}

/**
 * Computes the gradient of the filters.
 *
 *     ∂C/∂w[p,q,c,o] = Σ_nij x[n, i·s + p·d − before, j·s + q·d − before, c] g[n,i,j,o]
 */
export function conv2dToFilter(
  images: Tensor4D,
  gradOutput: Tensor4D,
  geometry: Geometry,
): Tensor4D {
  return forBackend(KERNELS).toFilter(images, gradOutput, geometry);
}
