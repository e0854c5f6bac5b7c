import {
  reshape,
  tidy,
  transpose,
  type Tensor,
  type Tensor3D,
  type Tensor4D,
} from '@tensorflow/tfjs-core';
import type { Geometry } from '../../geometry.ts';
import { constant } from '../../constant.ts';
import { depthwiseConv2d, depthwiseConv2dToInput } from '../depthwise/depthwise.ts';
import { onHost } from '../backends/host.ts';
import { onTensorflow } from '../backends/tensorflow.ts';
import { surelyFinite } from '../reduce/surelyFinite.ts';
import { cellsOf, col2im, im2col, windowsOf } from './im2col.ts';

/**
 * Returns the windows of each image as rows, on every backend. If the values of a tensor are not in
 * main memory, a depthwise convolution gathers them: its filter m is 1 at element m and 0
 * elsewhere, so its output m is the pixel under this element.
 *
 * Shapes: images [N, H, W, C]; output [N, H_out·W_out, K_h·K_w·C].
 */
export function unfold(images: Tensor4D, geometry: Geometry): Tensor3D {
  const [batch, , , channels] = images.shape;
  const [places, cells] = [windowsOf(geometry), cellsOf(geometry, channels)];
  return tidy(() => {
    if (inLoops(images)) return reshape(im2col(images, geometry), [batch, places, cells]);
    const met = depthwiseConv2d(images, oneTapEach(geometry, channels), geometry);
    const byChannel: Tensor3D = reshape(met, [batch * places, channels, cells / channels]);
    return reshape(transpose(byChannel, [0, 2, 1]), [batch, places, cells]);
  });
}

/** The adjoint of `unfold`, which adds every cell to the pixel that it was read from. */
export function unfoldToInput(rows: Tensor3D, channels: number, geometry: Geometry): Tensor4D {
  const { height, width } = geometry;
  const [batch, places, cells] = rows.shape;
  return tidy(() => {
    if (inLoops(rows)) {
      const imageShape = [batch, height.input, width.input, channels];
      return col2im(rows, imageShape, geometry) as Tensor4D;
    }
    const byTap: Tensor3D = reshape(rows, [batch * places, cells / channels, channels]);
    const met: Tensor4D = reshape(transpose(byTap, [0, 2, 1]), [
      batch,
      height.output,
      width.output,
      cells,
    ]);
    return depthwiseConv2dToInput(met, oneTapEach(geometry, channels), geometry);
  });
}

/**
 * Returns whether a loop should gather the values. It should if they lie in this process's memory,
 * and on TensorFlow if a value may not be finite, because a zero of a filter times such a value is
 * NaN.
 */
function inLoops(x: Tensor): boolean {
  return onHost() || (onTensorflow() && !surelyFinite(x));
}

/** Creates filters [K_h, K_w, C, K_h·K_w], of which filter m is 1 at element m and 0 elsewhere. */
function oneTapEach({ height, width }: Geometry, channels: number): Tensor4D {
  const taps = height.kernel * width.kernel;
  const filters = new Float32Array(taps * channels * taps);
  for (let tap = 0; tap < taps; tap++) {
    for (let c = 0; c < channels; c++) filters[(tap * channels + c) * taps + tap] = 1;
  }
  return constant(filters, [height.kernel, width.kernel, channels, taps]);
}
