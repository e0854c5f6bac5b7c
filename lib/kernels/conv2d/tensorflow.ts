import { slice, stridedSlice, tidy, type Tensor, type Tensor4D } from '@tensorflow/tfjs-core';
import { paddedGeometry, type Axis, type Geometry } from '../../geometry.ts';
import {
  hasOneDnn,
  isSame,
  ONEDNN,
  runOperation,
  shapeTensor,
  slidingAttributes,
} from '../backends/tensorflow.ts';
import { pad2d, pad2dToInput } from '../pad/pad2d.ts';
import type { Conv2dKernels } from './conv2dKernels.ts';
import { withDilatedGradients } from './dilate.ts';

/**
 * Convolution and its gradients on TensorFlow, whose kernels support explicit padding; tfjs-node
 * itself passes only `'same'` and `'valid'` to them.
 *
 * The gradients do not use explicit padding. With explicit padding, oneDNN is not used, and other
 * kernels run at a quarter to half of its speed. In addition, the gradient of the input crashes
 * Node with a corrupted heap while TensorFlow's profiler runs (TensorFlow 2.21). So we add the
 * padding to the images first, and cut it off their gradient. TensorFlow's gradients also ignore
 * dilation, so we put zeros between the elements of the filters.
 */
export const tensorflow: Conv2dKernels = {
  forward,
  ...withDilatedGradients({ toInput, toFilter }),
};

function forward(images: Tensor4D, filters: Tensor4D, geometry: Geometry, bias?: Tensor): Tensor4D {
  const { width } = geometry;
  if (width.output === 1 && width.stride > 1) {
    return forwardOfOneColumn(images, filters, geometry, bias);
  }
  const attributes = slidingAttributes(geometry);
  if (bias === undefined) return runOperation('Conv2D', attributes, [images, filters]);
  if (hasOneDnn()) {
    const fused = { ...attributes, ...ONEDNN };
    return runOperation('_MklNativeConv2DWithBias', fused, [images, filters, bias]);
  }
  return tidy(() =>
    runOperation('BiasAdd', {}, [runOperation('Conv2D', attributes, [images, filters]), bias]),
  );
}

/**
 * Computes a convolution with a single window per row. Its horizontal stride should have no effect,
 * but with one input channel TensorFlow 2.21 (its oneDNN) computes wrong values. So the stride is
 * set to 1, and only the first window of each row is kept.
 */
function forwardOfOneColumn(
  images: Tensor4D,
  filters: Tensor4D,
  { height, width }: Geometry,
  bias?: Tensor,
): Tensor4D {
  const output = width.input + width.before + width.after - width.dilation * (width.kernel - 1);
  const dense = { height, width: { ...width, stride: 1, output } };
  return tidy(() => slice(forward(images, filters, dense, bias), [0, 0, 0, 0], [-1, -1, 1, -1]));
}

function toInput(gradOutput: Tensor4D, filters: Tensor4D, geometry: Geometry): Tensor4D {
  if (isPaddedExplicitly(geometry)) {
    return tidy(() => {
      const gradPadded = toInput(gradOutput, filters, paddedGeometry(geometry));
      return pad2dToInput(gradPadded, geometry, 'zeros');
    });
  }
  const { height, width } = geometry;
  const shape = [gradOutput.shape[0], height.input, width.input, filters.shape[2]];
  return tidy(() => {
    const inputs = [shapeTensor(shape), filters, gradOutput];
    return runOperation('Conv2DBackpropInput', slidingAttributes(geometry), inputs);
  });
}

function toFilter(images: Tensor4D, gradOutput: Tensor4D, geometry: Geometry): Tensor4D {
  if (isPaddedExplicitly(geometry)) {
    return tidy(() => {
      const padded = pad2d(images, geometry, 'zeros');
      return toFilter(padded, gradOutput, paddedGeometry(geometry));
    });
  }
  const { height, width } = geometry;
  if (height.kernel * width.kernel === 1 && height.stride !== width.stride) {
    // In this case, oneDNN writes beyond its memory and Node crashes (TensorFlow 2.21). So the
    // pixels that the kernel covers are first cut out of the images.
    return tidy(() => {
      const strides = [1, height.stride, width.stride, 1];
      const met: Tensor = stridedSlice(images, [0, 0, 0, 0], images.shape, strides);
      const dense = (axis: Axis): Axis => ({ ...axis, input: axis.output, stride: 1 });
      const denseGeometry = { height: dense(height), width: dense(width) };
      return toFilter(met as Tensor4D, gradOutput, denseGeometry);
    });
  }
  const shape = [height.kernel, width.kernel, images.shape[3], gradOutput.shape[3]];
  return tidy(() => {
    const inputs = [images, shapeTensor(shape), gradOutput];
    return runOperation('Conv2DBackpropFilter', slidingAttributes(geometry), inputs);
  });
}

/** Returns whether the geometry has padding that is not TensorFlow's SAME. */
function isPaddedExplicitly(geometry: Geometry): boolean {
  const { height, width } = geometry;
  const isPadded = [height, width].some(({ before, after }) => before > 0 || after > 0);
  return isPadded && !isSame(geometry);
}
