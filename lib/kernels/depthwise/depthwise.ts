import type { Tensor4D } from '@tensorflow/tfjs-core';
import type { Geometry } from '../../geometry.ts';
import { forBackend, type ByBackend } from '../backends/select.ts';
import { simd } from '../simd/current.ts';
import type { DepthwiseKernels } from './depthwiseKernels.ts';
import { withDilation } from './dilate.ts';
import { cpu, wasm } from './host.ts';
import { tensorflow } from './tensorflow.ts';
import { tfjs } from './tfjs.ts';

/*
 * Convolution of each channel separately, with M filters per channel, and its two gradients.
 * Channel c·M + m of the output is channel c of the input, convolved with its filter m.
 *
 * Shapes: images [N, H, W, C]; filters [K_h, K_w, C, M]; output [N, H_out, W_out, C·M].
 */

const KERNELS: ByBackend<DepthwiseKernels> = {
  cpu,
  wasm,
  get wasmSimd() {
    return simd()?.depthwise;
  },
  tensorflow,
  float64: tfjs,
  // On GPUs, tfjs's kernels for the two gradients ignore dilation, and webgl's convolution throws
  // if there are both a dilation and a stride.
  other: withDilation(tfjs),
};

/**
 * Convolves each channel with its filters.
 *
 *     y[n,i,j,cM+m] = Σ_pq x[n, i·s + p·d − before, j·s + q·d − before, c] w[p,q,c,m]
 */
export function depthwiseConv2d(images: Tensor4D, filters: Tensor4D, geometry: Geometry): Tensor4D {
  return forBackend(KERNELS).forward(images, filters, geometry);
}

/**
 * Computes the gradient of the images.
 *
 *     ∂C/∂x[n,y,x,c] = Σ_ijm g[n,i,j,cM+m] w[p,q,c,m]
 *
 * over the windows (i, j) whose cell (p, q) lies on the pixel (y, x).
 */
export function depthwiseConv2dToInput(
  gradOutput: Tensor4D,
  filters: Tensor4D,
  geometry: Geometry,
): Tensor4D {
  return forBackend(KERNELS).toInput(gradOutput, filters, geometry);
}

/**
 * Computes the gradient of the filters.
 *
 *     ∂C/∂w[p,q,c,m] = Σ_nij x[n, i·s + p·d − before, j·s + q·d − before, c] g[n,i,j,cM+m]
 */
export function depthwiseConv2dToFilter(
  images: Tensor4D,
  gradOutput: Tensor4D,
  geometry: Geometry,
): Tensor4D {
  return forBackend(KERNELS).toFilter(images, gradOutput, geometry);
}
