import {
  add,
  engine,
  getBackend,
  reshape,
  slice,
  tidy,
  transpose,
  type Tensor,
  type Tensor2D,
  type Tensor3D,
  type Tensor4D,
} from '@tensorflow/tfjs-core';
import type { Axis, Geometry } from '../geometry.ts';
import { col2im, tapRows } from './im2col.ts';
import { matMul, matMulTransposedB } from './matMul.ts';

/**
 * Cross-correlation of a batch of images with a bank of filters, and its two gradients. The shapes are those of
 * tfjs: images [N, H, W, C_in], filters [K_h, K_w, C_in, C_out], outputs [N, H_out, W_out, C_out].
 */

/** y[n,i,j,o] = Σ_pqc x[n, i·s + p·d − before, j·s + q·d − before, c] w[p,q,c,o] (+ b[o]) */
export function conv2d(images: Tensor4D, filters: Tensor4D, geometry: Geometry, bias?: Tensor): Tensor4D {
  if (bias === undefined) return run('Conv2D', { x: images, filter: filters }, geometry);
  // wasm adds the bias for nothing while it writes the output.
  if (getBackend() === 'wasm') return run('FusedConv2D', { x: images, filter: filters, bias }, geometry);
  return tidy(() => add(run('Conv2D', { x: images, filter: filters }, geometry), bias));
}

/** ∂C/∂x[n,y,x,c] = Σ_ijo g[n,i,j,o] w[p,q,c,o] over the windows (i, j) whose tap (p, q) meets pixel (y, x) */
export function conv2dToInput(gradOutput: Tensor4D, filters: Tensor4D, geometry: Geometry): Tensor4D {
  const [batch, , , outChannels] = gradOutput.shape;
  const inChannels = filters.shape[2];
  const inputShape: [number, number, number, number] = [
    batch,
    geometry.height.input,
    geometry.width.input,
    inChannels,
  ];
  // cpu's kernel leaves the dilation out.
  const wrong = getBackend() === 'cpu' && geometry.height.dilation * geometry.width.dilation > 1;
  if (getBackend() !== 'wasm' && !wrong) {
    const attrs = { ...attributes(geometry), inputShape };
    return engine().runKernel('Conv2DBackpropInput', { dy: gradOutput, filter: filters }, attrs);
  }
  // G Wᵀ gives each window's share of each pixel, and col2im adds the shares up. Half of what a convolution with the
  // flipped filters costs, and an eighth of wasm's own kernel.
  return tidy(() => {
    const gradRows: Tensor2D = reshape(gradOutput, [gradOutput.size / outChannels, outChannels]);
    const weights: Tensor2D = reshape(filters, [filters.size / outChannels, outChannels]);
    return reshape(col2im(matMulTransposedB(gradRows, weights), inputShape, geometry), inputShape);
  });
}

/** ∂C/∂w[p,q,c,o] = Σ_nij x[n, i·s + p·d − before, j·s + q·d − before, c] g[n,i,j,o] */
export function conv2dToFilter(images: Tensor4D, gradOutput: Tensor4D, geometry: Geometry): Tensor4D {
  const { height, width } = geometry;
  const [batch, , , inChannels] = images.shape;
  const outChannels = gradOutput.shape[3];
  const filterShape: [number, number, number, number] = [
    height.kernel,
    width.kernel,
    inChannels,
    outChannels,
  ];
  switch (getBackend()) {
    case 'wasm': // has no kernel for this
      return tidy(() => {
        const gradRows: Tensor3D = reshape(gradOutput, [batch, height.output * width.output, outChannels]);
        const windowRows: Tensor2D = reshape(transpose(gradRows, [1, 0, 2]), [-1, outChannels]);
        return reshape(matMul(tapRows(images, geometry), windowRows), filterShape);
      });
    case 'cpu': // has one that takes 70 times as long
      return filterAsConvolution(images, gradOutput, geometry);
    default: {
      const attrs = { ...attributes(geometry), filterShape };
      return engine().runKernel('Conv2DBackpropFilter', { x: images, dy: gradOutput }, attrs);
    }
  }
}

/**
 * The same sum read as a convolution: channels take the part of the batch, and stride and dilation change places.
 * Inputs past the last window make taps that no filter has; they are cut off.
 */
function filterAsConvolution(images: Tensor4D, gradOutput: Tensor4D, geometry: Geometry): Tensor4D {
  const swapped = (axis: Axis): Axis => {
    const reach = axis.stride * (axis.output - 1) + 1;
    const output = Math.floor((axis.input + axis.before + axis.after - reach) / axis.dilation) + 1;
    return { ...axis, kernel: axis.output, output, stride: axis.dilation, dilation: axis.stride };
  };
  const across = { height: swapped(geometry.height), width: swapped(geometry.width) };
  return tidy(() => {
    const channelsFirst: Tensor4D = transpose(images, [3, 1, 2, 0]);
    const gradAsFilters: Tensor4D = transpose(gradOutput, [1, 2, 0, 3]);
    const all = transpose(conv2d(channelsFirst, gradAsFilters, across), [1, 2, 0, 3]);
    return slice(all, [0, 0, 0, 0], [geometry.height.kernel, geometry.width.kernel, -1, -1]);
  });
}

/** A geometry as tfjs's kernels for convolution want it. */
export function attributes({ height, width }: Geometry) {
  return {
    strides: [height.stride, width.stride],
    // Always explicit: with a number, tfjs takes the filter's height for both axes.
    pad: [
      [0, 0],
      [height.before, height.after],
      [width.before, width.after],
      [0, 0],
    ],
    dataFormat: 'NHWC',
    dilations: [height.dilation, width.dilation],
  };
}

function run(kernel: string, inputs: Record<string, Tensor>, geometry: Geometry): Tensor4D {
  return engine().runKernel(kernel, inputs, { ...attributes(geometry), activation: 'linear' });
}
