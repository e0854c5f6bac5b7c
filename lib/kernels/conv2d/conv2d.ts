import { add, engine, getBackend, tidy, type Tensor, type Tensor4D } from '@tensorflow/tfjs-core';
import type { Geometry } from '../../geometry.ts';
import { attributes } from './attributes.ts';
import { conv2dOnCpu, conv2dToFilterOnCpu, conv2dToInputOnCpu } from './cpu.ts';
import {
  conv2dOnTensorflow,
  conv2dToFilterOnTensorflow,
  conv2dToInputOnTensorflow,
} from './tensorflow.ts';
import { conv2dOnWebgl, conv2dToFilterOnWebgl, conv2dToInputOnWebgl } from './webgl.ts';
import { conv2dOnWebgpu, conv2dToFilterOnWebgpu, conv2dToInputOnWebgpu } from './webgpu.ts';
import { conv2dToFilterOnWasm, conv2dToInputOnWasm } from './wasm.ts';
import { dilateFilters, dilateFiltersAdjoint, undilatedGeometry } from './dilate.ts';
import { onTensorflow } from '../backends/tensorflow.ts';
import { onSoftwareGpu } from '../backends/webgpu.ts';

/**
 * Cross-correlation of a batch of images with a bank of filters, and its two gradients. The shapes are those of
 * tfjs: images [N, H, W, C_in], filters [K_h, K_w, C_in, C_out], outputs [N, H_out, W_out, C_out].
 */

/** y[n,i,j,o] = Σ_pqc x[n, i·s + p·d − before, j·s + q·d − before, c] w[p,q,c,o] (+ b[o]) */
export function conv2d(
  images: Tensor4D,
  filters: Tensor4D,
  geometry: Geometry,
  bias?: Tensor,
): Tensor4D {
  if (getBackend() === 'cpu') return conv2dOnCpu(images, filters, geometry, bias);
  if (onTensorflow()) return conv2dOnTensorflow(images, filters, geometry, bias);
  if (getBackend() === 'webgl') return conv2dOnWebgl(images, filters, geometry, bias);
  if (onSoftwareGpu()) return conv2dOnWebgpu(images, filters, geometry, bias);
  if (bias === undefined) return run('Conv2D', { x: images, filter: filters }, geometry);
  // wasm adds the bias for nothing while it writes the output.
  if (getBackend() === 'wasm')
    return run('FusedConv2D', { x: images, filter: filters, bias }, geometry);
  return tidy(() => add(run('Conv2D', { x: images, filter: filters }, geometry), bias));
}

/** ∂C/∂x[n,y,x,c] = Σ_ijo g[n,i,j,o] w[p,q,c,o] over the windows (i, j) whose tap (p, q) meets pixel (y, x) */
export function conv2dToInput(
  gradOutput: Tensor4D,
  filters: Tensor4D,
  geometry: Geometry,
): Tensor4D {
  switch (getBackend()) {
    case 'cpu':
      return conv2dToInputOnCpu(gradOutput, filters, geometry);
    case 'wasm':
      return conv2dToInputOnWasm(gradOutput, filters, geometry);
    case 'webgl':
      return conv2dToInputOnWebgl(gradOutput, filters, geometry);
    default: {
      if (onSoftwareGpu()) return conv2dToInputOnWebgpu(gradOutput, filters, geometry);
      if (needsSpacing(geometry)) {
        return tidy(() =>
          conv2dToInput(gradOutput, dilateFilters(filters, geometry), undilatedGeometry(geometry)),
        );
      }
      if (onTensorflow()) return conv2dToInputOnTensorflow(gradOutput, filters, geometry);
      const { height, width } = geometry;
      const inputShape = [gradOutput.shape[0], height.input, width.input, filters.shape[2]];
      const attrs = { ...attributes(geometry), inputShape };
      return engine().runKernel('Conv2DBackpropInput', { dy: gradOutput, filter: filters }, attrs);
    }
  }
}

/** ∂C/∂w[p,q,c,o] = Σ_nij x[n, i·s + p·d − before, j·s + q·d − before, c] g[n,i,j,o] */
export function conv2dToFilter(
  images: Tensor4D,
  gradOutput: Tensor4D,
  geometry: Geometry,
): Tensor4D {
  switch (getBackend()) {
    case 'cpu':
      return conv2dToFilterOnCpu(images, gradOutput, geometry);
    case 'wasm':
      return conv2dToFilterOnWasm(images, gradOutput, geometry);
    case 'webgl':
      return conv2dToFilterOnWebgl(images, gradOutput, geometry);
    case 'webgpu':
      return conv2dToFilterOnWebgpu(images, gradOutput, geometry);
    default: {
      if (needsSpacing(geometry)) {
        return tidy(() =>
          dilateFiltersAdjoint(
            conv2dToFilter(images, gradOutput, undilatedGeometry(geometry)),
            geometry,
          ),
        );
      }
      if (onTensorflow()) return conv2dToFilterOnTensorflow(images, gradOutput, geometry);
      const { height, width } = geometry;
      const filterShape = [height.kernel, width.kernel, images.shape[3], gradOutput.shape[3]];
      const attrs = { ...attributes(geometry), filterShape };
      return engine().runKernel('Conv2DBackpropFilter', { x: images, dy: gradOutput }, attrs);
    }
  }
}

/** Whether a gradient is dilated: tfjs's kernels leave dilation out, all but the reference's. */
function needsSpacing({ height, width }: Geometry): boolean {
  return height.dilation * width.dilation > 1 && getBackend() !== 'float64';
}

function run(kernel: string, inputs: Record<string, Tensor>, geometry: Geometry): Tensor4D {
  return engine().runKernel(kernel, inputs, { ...attributes(geometry), activation: 'linear' });
}
