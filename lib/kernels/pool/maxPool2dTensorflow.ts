import { tidy, type Tensor, type Tensor4D } from '@tensorflow/tfjs-core';
import { paddedGeometry, type Geometry } from '../../geometry.ts';
import { pad2d, pad2dToInput } from '../pad/pad2d.ts';
import {
  hasOneDnn,
  ONEDNN,
  poolingAttributes,
  runOperation,
  runOperations,
} from '../backends/tensorflow.ts';

/**
 * Max pooling on TensorFlow. Its own gradient searches every window again, and is slow at it: where there is oneDNN,
 * whose kernels note the winners on the way forward, both together take a quarter of the time, and with the
 * overlapping windows of AlexNet a thirtieth.
 */
export function maxPool2dOnTensorflow(
  images: Tensor4D,
  geometry: Geometry,
): { output: Tensor4D; winners?: Tensor } {
  if (!hasOneDnn())
    return { output: runOperation('MaxPool', poolingAttributes(geometry), [images]) };
  return tidy(() => {
    const padded = lowered(images, geometry);
    const [output, winners] = runOperations('_MklNativeMaxPool', attributes(geometry), [padded], 2);
    return { output: output as Tensor4D, winners };
  });
}

export function maxPool2dToInputOnTensorflow(
  gradOutput: Tensor4D,
  images: Tensor4D,
  output: Tensor4D,
  geometry: Geometry,
  winners?: Tensor,
): Tensor4D {
  if (!hasOneDnn()) {
    return runOperation('MaxPoolGrad', poolingAttributes(geometry), [images, output, gradOutput]);
  }
  return tidy(() => {
    const won = winners ?? maxPool2dOnTensorflow(images, geometry).winners!;
    const inputs = [lowered(images, geometry), output, gradOutput, won];
    const gradPadded: Tensor4D = runOperation(
      '_MklNativeMaxPoolGrad',
      attributes(geometry),
      inputs,
    );
    return isPadded(geometry) ? pad2dToInput(gradPadded, geometry, 'zeros') : gradPadded;
  });
}

/** oneDNN's kernels take no padding in numbers, so it is made, of what never wins. */
function lowered(images: Tensor4D, geometry: Geometry): Tensor4D {
  return isPadded(geometry) ? pad2d(images, geometry, 'zeros', -Infinity) : images;
}

function attributes(geometry: Geometry) {
  return { ...poolingAttributes(paddedGeometry(geometry)), workspace_enabled: true, ...ONEDNN };
}

function isPadded({ height, width }: Geometry): boolean {
  return [height, width].some(({ before, after }) => before + after > 0);
}
