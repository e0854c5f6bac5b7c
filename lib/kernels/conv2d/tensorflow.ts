import { slice, stridedSlice, tidy, type Tensor, type Tensor4D } from '@tensorflow/tfjs-core';
import { paddedGeometry, type Axis, type Geometry } from '../../geometry.ts';
import { pad2d, pad2dToInput } from '../pad/pad2d.ts';
import {
  hasOneDnn,
  isSame,
  ONEDNN,
  runOperation,
  sizes,
  slidingAttributes,
} from '../backends/tensorflow.ts';

/**
 * Convolution and its gradients on TensorFlow, whose kernels take padding in numbers: tfjs-node hands on words alone.
 */

export function conv2dOnTensorflow(
  images: Tensor4D,
  filters: Tensor4D,
  geometry: Geometry,
  bias?: Tensor,
): Tensor4D {
  const { width } = geometry;
  if (width.output === 1 && width.stride > 1)
    return conv2dOfOneColumn(images, filters, geometry, bias);
  const attributes = slidingAttributes(geometry);
  if (bias === undefined) return runOperation('Conv2D', attributes, [images, filters]);
  if (hasOneDnn()) {
    return runOperation('_MklNativeConv2DWithBias', { ...attributes, ...ONEDNN }, [
      images,
      filters,
      bias,
    ]);
  }
  return tidy(() =>
    runOperation('BiasAdd', {}, [runOperation('Conv2D', attributes, [images, filters]), bias]),
  );
}

/**
 * One window a row, and a stride that thus does nothing: with one input channel TensorFlow 2.21 (its oneDNN) then
 * computes wrong values. So the stride becomes 1, and what other windows see is cut off.
 */
function conv2dOfOneColumn(
  images: Tensor4D,
  filters: Tensor4D,
  { height, width }: Geometry,
  bias?: Tensor,
): Tensor4D {
  const columns = width.input + width.before + width.after - width.dilation * (width.kernel - 1);
  return tidy(() => {
    const all = conv2dOnTensorflow(
      images,
      filters,
      { height, width: { ...width, stride: 1, output: columns } },
      bias,
    );
    return slice(all, [0, 0, 0, 0], [-1, -1, 1, -1]);
  });
}

/**
 * The gradients take no padding in numbers: oneDNN leaves it to kernels of a half to a quarter of its speed, of which
 * that of the input ends Node with a corrupted heap while its profiler runs (TensorFlow 2.21). So the border is part of
 * the images, and is cut off again.
 */

export function conv2dToInputOnTensorflow(
  gradOutput: Tensor4D,
  filters: Tensor4D,
  geometry: Geometry,
): Tensor4D {
  if (isPaddedByNumbers(geometry)) {
    return tidy(() => {
      const gradPadded = conv2dToInputOnTensorflow(gradOutput, filters, paddedGeometry(geometry));
      return pad2dToInput(gradPadded, geometry, 'zeros');
    });
  }
  const { height, width } = geometry;
  const shape = [gradOutput.shape[0], height.input, width.input, filters.shape[2]];
  return tidy(() =>
    runOperation('Conv2DBackpropInput', slidingAttributes(geometry), [
      sizes(shape),
      filters,
      gradOutput,
    ]),
  );
}

export function conv2dToFilterOnTensorflow(
  images: Tensor4D,
  gradOutput: Tensor4D,
  geometry: Geometry,
): Tensor4D {
  if (isPaddedByNumbers(geometry)) {
    return tidy(() => {
      const padded = pad2d(images, geometry, 'zeros');
      return conv2dToFilterOnTensorflow(padded, gradOutput, paddedGeometry(geometry));
    });
  }
  const { height, width } = geometry;
  if (height.kernel * width.kernel === 1 && height.stride !== width.stride) {
    // oneDNN then writes beyond its memory and Node ends (TensorFlow 2.21). So the pixels that the kernel sees are taken out.
    return tidy(() => {
      const seen = stridedSlice(images, [0, 0, 0, 0], images.shape, [
        1,
        height.stride,
        width.stride,
        1,
      ]);
      const dense = (axis: Axis): Axis => ({ ...axis, input: axis.output, stride: 1 });
      return conv2dToFilterOnTensorflow(seen as Tensor4D, gradOutput, {
        height: dense(height),
        width: dense(width),
      });
    });
  }
  const shape = [height.kernel, width.kernel, images.shape[3], gradOutput.shape[3]];
  return tidy(() =>
    runOperation('Conv2DBackpropFilter', slidingAttributes(geometry), [
      images,
      sizes(shape),
      gradOutput,
    ]),
  );
}

function isPaddedByNumbers(geometry: Geometry): boolean {
  const { height, width } = geometry;
  const isPadded = [height, width].some(({ before, after }) => before > 0 || after > 0);
  return isPadded && !isSame(geometry);
}
