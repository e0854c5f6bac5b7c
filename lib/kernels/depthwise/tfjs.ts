import { engine } from '@tensorflow/tfjs-core';
import { attributes } from '../conv2d/attributes.ts';
import type { DepthwiseKernels } from './depthwiseKernels.ts';

/** Depthwise convolution and its gradients by tfjs's own kernels. */
export const tfjs: DepthwiseKernels = {
  forward(images, filters, geometry) {
    const inputs = { x: images, filter: filters };
    return engine().runKernel('DepthwiseConv2dNative', inputs, attributes(geometry));
  },

  toInput(gradOutput, filters, geometry) {
    const { height, width } = geometry;
    const inputShape = [gradOutput.shape[0], height.input, width.input, filters.shape[2]];
    return engine().runKernel(
      'DepthwiseConv2dNativeBackpropInput',
      { dy: gradOutput, filter: filters },
      { ...attributes(geometry), inputShape },
    );
  },

  toFilter(images, gradOutput, geometry) {
    const { height, width } = geometry;
    const channels = images.shape[3];
    const filterShape = [height.kernel, width.kernel, channels, gradOutput.shape[3] / channels];
    return engine().runKernel(
      'DepthwiseConv2dNativeBackpropFilter',
      { x: images, dy: gradOutput },
      { ...attributes(geometry), filterShape },
    );
  },
};
