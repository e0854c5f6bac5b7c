import * as tf from '@tensorflow/tfjs-core';
import { backend_util, type KernelConfig } from '@tensorflow/tfjs-core';
import { allocate, type Values } from './backend.ts';
import { kernel } from './kernel.ts';
import { sizeOf } from './strided.ts';
import {
  checkShape,
  explicit,
  forEachTap,
  fourSizes,
  type Padding,
  type Pair,
  type Rounding,
  type Window,
} from './window.ts';

interface PoolAttrs {
  filterSize: Pair;
  strides: Pair;
  pad: Padding;
  dimRoundingMode?: Rounding;
}

function windowOf(
  shape: number[],
  { filterSize, strides, pad, dimRoundingMode }: PoolAttrs,
): Window {
  return backend_util.computePool2DInfo(
    fourSizes(shape),
    filterSize,
    strides,
    1,
    explicit(pad),
    dimRoundingMode,
  );
}

/**
 * For each output, returns the index of the largest input in the window, or −1 if the window
 * contains only padding.
 */
function winners(window: Window, x: Values): Int32Array {
  const channels = window.inChannels;
  const best = new Int32Array(sizeOf(window.outShape)).fill(-1);
  forEachTap(window, (xPixel, yPixel) => {
    for (let c = 0; c < channels; c++) {
      const [xAt, yAt] = [xPixel * channels + c, yPixel * channels + c];
      if (best[yAt] < 0 || x[xAt] > x[best[yAt]]) best[yAt] = xAt;
      // A NaN counts as larger than any other value, so that the maximum shows it.
      else if (Number.isNaN(x[xAt]) && !Number.isNaN(x[best[yAt]])) best[yAt] = xAt;
    }
  });
  return best;
}

/** For each output pixel, returns the number of cells of the window that lie inside the input. */
function cellsInside(window: Window): Int32Array {
  const count = new Int32Array(window.batchSize * window.outHeight * window.outWidth);
  forEachTap(window, (_, yPixel) => {
    count[yPixel]++;
  });
  return count;
}

/**
 * 2D pools and their gradients. The gradient of a maximum goes to the first of the largest values
 * in the window. The average is over the cells of the window inside the input, and its gradient
 * divides by the same count; tfjs's own gradient divides by the size of the whole window, which is
 * wrong at a border.
 *
 * Shapes: x [N, H, W, C].
 */
export const poolingKernels: KernelConfig[] = [
  kernel<tf.MaxPoolInputs, PoolAttrs>(tf.MaxPool, (backend, { x }, attrs) => {
    const window = windowOf(x.shape, attrs);
    const values = backend.values(x);
    const best = winners(window, values);
    const out = allocate(x.dtype, best.length);
    for (let i = 0; i < out.length; i++) out[i] = best[i] < 0 ? -Infinity : values[best[i]];
    return backend.output(out, window.outShape, x.dtype);
  }),
  kernel<tf.MaxPoolGradInputs, PoolAttrs>(tf.MaxPoolGrad, (backend, { dy, input }, attrs) => {
    const window = windowOf(input.shape, attrs);
    checkShape(tf.MaxPoolGrad, dy.shape, window.outShape);
    const best = winners(window, backend.values(input));
    const dyValues = backend.values(dy);
    const dx = allocate('float32', sizeOf(input.shape));
    for (let i = 0; i < best.length; i++) if (best[i] >= 0) dx[best[i]] += dyValues[i];
    return backend.output(dx, input.shape, 'float32');
  }),
  kernel<tf.AvgPoolInputs, PoolAttrs>(tf.AvgPool, (backend, { x }, attrs) => {
    const window = windowOf(x.shape, attrs);
    const channels = window.inChannels;
    const values = backend.values(x);
    const count = cellsInside(window);
    const out = allocate('float32', sizeOf(window.outShape));
    forEachTap(window, (xPixel, yPixel) => {
      for (let c = 0; c < channels; c++)
        out[yPixel * channels + c] += values[xPixel * channels + c];
    });
    for (let i = 0; i < out.length; i++) out[i] /= count[Math.floor(i / channels)];
    return backend.output(out, window.outShape, 'float32');
  }),
  kernel<tf.AvgPoolGradInputs, PoolAttrs>(tf.AvgPoolGrad, (backend, { dy, input }, attrs) => {
    const window = windowOf(input.shape, attrs);
    checkShape(tf.AvgPoolGrad, dy.shape, window.outShape);
    const channels = window.inChannels;
    const dyValues = backend.values(dy);
    const count = cellsInside(window);
    const dx = allocate('float32', sizeOf(input.shape));
    forEachTap(window, (xPixel, yPixel) => {
      for (let c = 0; c < channels; c++) {
        dx[xPixel * channels + c] += dyValues[yPixel * channels + c] / count[yPixel];
      }
    });
    return backend.output(dx, input.shape, 'float32');
  }),
];
