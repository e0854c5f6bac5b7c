import { tidy, type Tensor4D } from '@tensorflow/tfjs-core';
import type { Axis, Geometry } from '../../geometry.ts';
import { runOperation, shapeTensor, slidingAttributes } from '../backends/tensorflow.ts';
import { dilate, dilateAdjoint } from '../conv2d/dilate.ts';
import type { DepthwiseKernels } from './depthwiseKernels.ts';
import { withDilation } from './dilate.ts';

/**
 * Depthwise convolution and its gradients on TensorFlow, whose kernels need the same stride along
 * both axes and support no dilation. If the strides differ, both are set to 1, and the windows that
 * the strides would skip are removed from the result.
 */
export const tensorflow: DepthwiseKernels = withDilation({ forward, toInput, toFilter });

function forward(images: Tensor4D, filters: Tensor4D, geometry: Geometry): Tensor4D {
  const { height, width } = geometry;
  if (hasEqualStrides(geometry)) {
    return runOperation('DepthwiseConv2dNative', slidingAttributes(geometry), [images, filters]);
  }
  return tidy(() => {
    const dense = forward(images, filters, denseGeometry(geometry));
    return dilateAdjoint(dilateAdjoint(dense, 1, height.stride), 2, width.stride);
  });
}

function toInput(gradOutput: Tensor4D, filters: Tensor4D, geometry: Geometry): Tensor4D {
  const { height, width } = geometry;
  return tidy(() => {
    if (!hasEqualStrides(geometry)) {
      return toInput(denseGradient(gradOutput, geometry), filters, denseGeometry(geometry));
    }
    const inputShape = [gradOutput.shape[0], height.input, width.input, filters.shape[2]];
    const inputs = [shapeTensor(inputShape), filters, gradOutput];
    return runOperation('DepthwiseConv2dNativeBackpropInput', slidingAttributes(geometry), inputs);
  });
}

function toFilter(images: Tensor4D, gradOutput: Tensor4D, geometry: Geometry): Tensor4D {
  const { height, width } = geometry;
  const channels = images.shape[3];
  return tidy(() => {
    if (!hasEqualStrides(geometry)) {
      return toFilter(images, denseGradient(gradOutput, geometry), denseGeometry(geometry));
    }
    const multiplier = gradOutput.shape[3] / channels;
    const filterShape = [height.kernel, width.kernel, channels, multiplier];
    const inputs = [images, shapeTensor(filterShape), gradOutput];
    return runOperation('DepthwiseConv2dNativeBackpropFilter', slidingAttributes(geometry), inputs);
  });
}

function hasEqualStrides({ height, width }: Geometry): boolean {
  return height.stride === width.stride;
}

/** Returns the geometry with stride 1, which also has the windows that the strides skip. */
function denseGeometry({ height, width }: Geometry): Geometry {
  const dense = (axis: Axis): Axis => ({ ...axis, stride: 1, output: denseOutput(axis) });
  return { height: dense(height), width: dense(width) };
}

function denseOutput({ input, before, after, kernel }: Axis): number {
  return input + before + after - kernel + 1;
}

/**
 * Returns the gradients of all windows of stride 1. They are 0 for the windows that the strides
 * skip.
 */
function denseGradient(gradOutput: Tensor4D, { height, width }: Geometry): Tensor4D {
  const rows = dilate(gradOutput, 1, height.stride, denseOutput(height));
  return dilate(rows, 2, width.stride, denseOutput(width));
}
