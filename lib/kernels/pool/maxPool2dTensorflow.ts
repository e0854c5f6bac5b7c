import { tidy, type Tensor4D } from '@tensorflow/tfjs-core';
import { paddedGeometry, type Geometry } from '../../geometry.ts';
import {
  hasOneDnn,
  ONEDNN,
  poolingAttributes,
  runOperation,
  runOperations,
} from '../backends/tensorflow.ts';
import { pad2d, pad2dToInput } from '../pad/pad2d.ts';
import { surelyFinite } from '../reduce/surelyFinite.ts';
import { maxPool2dInLoops, maxPool2dToInputInLoops } from './maxPool2dLoops.ts';
import type { MaxPool2dKernels, MaxPooled } from './maxPool2dKernels.ts';

/**
 * Max pooling on TensorFlow. TensorFlow's own gradient searches every window again, which is slow.
 * oneDNN's kernels record the cells of the maxima in the forward pass. If oneDNN is present, both
 * passes take a quarter of the time, and for the overlapping windows of AlexNet a thirtieth. None
 * of these kernels handles NaN, so images that contain a NaN are pooled in loops.
 */
export const tensorflow: MaxPool2dKernels = {
  forward(images, geometry) {
    if (!surelyFinite(images)) return { output: maxPool2dInLoops(images, geometry) };
    if (hasOneDnn()) return recordWinners(images, geometry);
    return { output: runOperation('MaxPool', poolingAttributes(geometry), [images]) };
  },

  toInput(gradOutput, images, output, geometry, winners) {
    // If a maximum is not finite, a kernel may have overlooked a NaN in its window. If winners are
    // recorded, the forward pass has already seen that all images are finite.
    if (winners === undefined && !surelyFinite(output)) {
      return maxPool2dToInputInLoops(gradOutput, images, output, geometry);
    }
    if (!hasOneDnn()) {
      return runOperation('MaxPoolGrad', poolingAttributes(geometry), [images, output, gradOutput]);
    }
    return tidy(() => {
      const won = winners ?? recordWinners(images, geometry).winners;
      const inputs = [padded(images, geometry), output, gradOutput, won];
      const attributes = oneDnnAttributes(geometry);
      const gradPadded: Tensor4D = runOperation('_MklNativeMaxPoolGrad', attributes, inputs);
      return isPadded(geometry) ? pad2dToInput(gradPadded, geometry, 'zeros') : gradPadded;
    });
  },
};

function recordWinners(images: Tensor4D, geometry: Geometry): Required<MaxPooled> {
  return tidy(() => {
    const inputs = [padded(images, geometry)];
    const attributes = oneDnnAttributes(geometry);
    const [output, winners] = runOperations('_MklNativeMaxPool', attributes, inputs, 2);
    return { output: output as Tensor4D, winners };
  });
}

/**
 * Returns the images with a border of −∞, which is never the maximum. It replaces the padding,
 * because oneDNN's kernels support no explicit padding.
 */
function padded(images: Tensor4D, geometry: Geometry): Tensor4D {
  return isPadded(geometry) ? pad2d(images, geometry, 'zeros', -Infinity) : images;
}

function oneDnnAttributes(geometry: Geometry) {
  return { ...poolingAttributes(paddedGeometry(geometry)), workspace_enabled: true, ...ONEDNN };
}

function isPadded({ height, width }: Geometry): boolean {
  return [height, width].some(({ before, after }) => before + after > 0);
}
