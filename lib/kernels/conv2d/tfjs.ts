import { add, engine, tidy, type Tensor, type Tensor4D } from '@tensorflow/tfjs-core';
import type { Geometry } from '../../geometry.ts';
import { attributes } from './attributes.ts';
import type { Conv2dKernels } from './conv2dKernels.ts';

/** Convolution and its gradients by tfjs's own kernels. */
export const tfjs: Conv2dKernels = {
  forward(images, filters, geometry, bias) {
    if (bias === undefined) return convolve(images, filters, geometry);
    return tidy(() => add(convolve(images, filters, geometry), bias));
  },

  toInput(gradOutput, filters, geometry) {
    const { height, width } = geometry;
    const inputShape = [gradOutput.shape[0], height.input, width.input, filters.shape[2]];
    const attrs = { ...attributes(geometry), inputShape };
    return engine().runKernel('Conv2DBackpropInput', { dy: gradOutput, filter: filters }, attrs);
  },

  toFilter(images, gradOutput, geometry) {
    const { height, width } = geometry;
    const filterShape = [height.kernel, width.kernel, images.shape[3], gradOutput.shape[3]];
    const attrs = { ...attributes(geometry), filterShape };
    return engine().runKernel('Conv2DBackpropFilter', { x: images, dy: gradOutput }, attrs);
  },
};

function convolve(images: Tensor4D, filters: Tensor4D, geometry: Geometry): Tensor4D {
  return runConvolution('Conv2D', { x: images, filter: filters }, geometry);
}

/** Runs the forward convolution kernel of tfjs with the given name. */
export function runConvolution(
  kernel: 'Conv2D' | 'FusedConv2D',
  inputs: Readonly<Record<string, Tensor>>,
  geometry: Geometry,
): Tensor4D {
  return engine().runKernel(
    kernel,
    { ...inputs },
    { ...attributes(geometry), activation: 'linear' },
  );
}
