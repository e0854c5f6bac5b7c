import { tidy, type Tensor4D } from '@tensorflow/tfjs-core';
import type { Axis, Geometry } from '../../geometry.ts';
import { dilate, dilateAdjoint } from '../conv2d/dilate.ts';
import { runOperation, sizes, slidingAttributes } from '../backends/tensorflow.ts';

/**
 * Depthwise convolution, without dilation, and its gradients on TensorFlow, whose kernels slide as far down as to the
 * right: other strides become 1, and the windows that they would leave out are left out of the result.
 */

export function depthwiseConv2dOnTensorflow(
  images: Tensor4D,
  filters: Tensor4D,
  geometry: Geometry,
): Tensor4D {
  if (slidesAlike(geometry)) {
    return runOperation('DepthwiseConv2dNative', slidingAttributes(geometry), [images, filters]);
  }
  return tidy(() => {
    const every = depthwiseConv2dOnTensorflow(images, filters, everyWindow(geometry));
    return dilateAdjoint(dilateAdjoint(every, 1, geometry.height.stride), 2, geometry.width.stride);
  });
}

export function depthwiseConv2dToInputOnTensorflow(
  gradOutput: Tensor4D,
  filters: Tensor4D,
  geometry: Geometry,
): Tensor4D {
  const { height, width } = geometry;
  return tidy(() => {
    if (!slidesAlike(geometry)) {
      const every = gradOfEveryWindow(gradOutput, geometry);
      return depthwiseConv2dToInputOnTensorflow(every, filters, everyWindow(geometry));
    }
    const inputShape = sizes([gradOutput.shape[0], height.input, width.input, filters.shape[2]]);
    const inputs = [inputShape, filters, gradOutput];
    return runOperation('DepthwiseConv2dNativeBackpropInput', slidingAttributes(geometry), inputs);
  });
}

export function depthwiseConv2dToFilterOnTensorflow(
  images: Tensor4D,
  gradOutput: Tensor4D,
  geometry: Geometry,
): Tensor4D {
  const { height, width } = geometry;
  const channels = images.shape[3];
  return tidy(() => {
    if (!slidesAlike(geometry)) {
      const every = gradOfEveryWindow(gradOutput, geometry);
      return depthwiseConv2dToFilterOnTensorflow(images, every, everyWindow(geometry));
    }
    const filterShape = sizes([
      height.kernel,
      width.kernel,
      channels,
      gradOutput.shape[3] / channels,
    ]);
    const inputs = [images, filterShape, gradOutput];
    return runOperation('DepthwiseConv2dNativeBackpropFilter', slidingAttributes(geometry), inputs);
  });
}

function slidesAlike({ height, width }: Geometry): boolean {
  return height.stride === width.stride;
}

function everyWindow({ height, width }: Geometry): Geometry {
  const along = (axis: Axis): Axis => ({ ...axis, stride: 1, output: everyOf(axis) });
  return { height: along(height), width: along(width) };
}

function everyOf({ input, before, after, kernel }: Axis): number {
  return input + before + after - kernel + 1;
}

/** 0 for the windows that were left out. */
function gradOfEveryWindow(gradOutput: Tensor4D, { height, width }: Geometry): Tensor4D {
  return dilate(
    dilate(gradOutput, 1, height.stride, everyOf(height)),
    2,
    width.stride,
    everyOf(width),
  );
}
