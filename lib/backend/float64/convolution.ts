import * as tf from '@tensorflow/tfjs-core';
import { backend_util, type KernelConfig } from '@tensorflow/tfjs-core';
import { InputError } from '../../errors.ts';
import { allocate } from './backend.ts';
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

interface ConvAttrs {
  strides: Pair;
  pad: Padding;
  dilations?: Pair;
  dimRoundingMode?: Rounding;
  dataFormat?: 'NHWC' | 'NCHW';
}

function windowOf(
  xShape: number[],
  filterShape: number[],
  attrs: ConvAttrs,
  depthwise: boolean,
): Window {
  if (attrs.dataFormat === 'NCHW')
    throw new InputError('float64: expected data format NHWC, got NCHW');
  return backend_util.computeConv2DInfo(
    fourSizes(xShape),
    fourSizes(filterShape),
    attrs.strides,
    attrs.dilations ?? 1,
    explicit(attrs.pad),
    attrs.dimRoundingMode,
    depthwise,
  );
}

/** Calls `visit` with the indices of x, y and w of every product of the convolution. */
type ForEachProduct = (window: Window, visit: (x: number, y: number, w: number) => void) => void;

const full: ForEachProduct = (window, visit) => {
  const { inChannels, outChannels } = window;
  forEachTap(window, (x, y, tap) => {
    for (let c = 0; c < inChannels; c++) {
      const w = (tap * inChannels + c) * outChannels;
      for (let d = 0; d < outChannels; d++) visit(x * inChannels + c, y * outChannels + d, w + d);
    }
  });
};

/**
 * With `multiplier` filters per channel, output channel c · multiplier + m depends only on input
 * channel c.
 */
const depthwise: ForEachProduct = (window, visit) => {
  const { inChannels, outChannels } = window;
  const multiplier = outChannels / inChannels;
  forEachTap(window, (x, y, tap) => {
    for (let d = 0; d < outChannels; d++) {
      visit(
        x * inChannels + Math.floor(d / multiplier),
        y * outChannels + d,
        tap * outChannels + d,
      );
    }
  });
};

function forward(name: string, forEachProduct: ForEachProduct): KernelConfig {
  return kernel<tf.Conv2DInputs, ConvAttrs>(name, (backend, { x, filter }, attrs) => {
    const window = windowOf(x.shape, filter.shape, attrs, forEachProduct === depthwise);
    const [xValues, weight] = [backend.values(x), backend.values(filter)];
    const out = allocate('float32', sizeOf(window.outShape));
    forEachProduct(window, (xAt, yAt, wAt) => {
      out[yAt] += xValues[xAt] * weight[wAt];
    });
    return backend.output(out, window.outShape, 'float32');
  });
}

function inputGradient(name: string, forEachProduct: ForEachProduct): KernelConfig {
  type Attrs = ConvAttrs & { inputShape: number[] };
  return kernel<tf.Conv2DBackpropInputInputs, Attrs>(name, (backend, { dy, filter }, attrs) => {
    const window = windowOf(attrs.inputShape, filter.shape, attrs, forEachProduct === depthwise);
    checkShape(name, dy.shape, window.outShape);
    const [dyValues, weight] = [backend.values(dy), backend.values(filter)];
    const dx = allocate('float32', sizeOf(window.inShape));
    forEachProduct(window, (xAt, yAt, wAt) => {
      dx[xAt] += dyValues[yAt] * weight[wAt];
    });
    return backend.output(dx, window.inShape, 'float32');
  });
}

function filterGradient(name: string, forEachProduct: ForEachProduct): KernelConfig {
  type Attrs = ConvAttrs & { filterShape: number[] };
  return kernel<tf.Conv2DBackpropFilterInputs, Attrs>(name, (backend, { x, dy }, attrs) => {
    const window = windowOf(x.shape, attrs.filterShape, attrs, forEachProduct === depthwise);
    checkShape(name, dy.shape, window.outShape);
    const [xValues, dyValues] = [backend.values(x), backend.values(dy)];
    const dw = allocate('float32', sizeOf(window.filterShape));
    forEachProduct(window, (xAt, yAt, wAt) => {
      dw[wAt] += xValues[xAt] * dyValues[yAt];
    });
    return backend.output(dw, window.filterShape, 'float32');
  });
}

/**
 * 2D convolution (cross-correlation) and its gradients, full and depthwise. For each product x w of
 * an input pixel x and a filter cell w that is a term of an output pixel y:
 *
 *     y += x w        dx += dy w        dw += x dy
 *
 * The gradients respect `dilations`, which tfjs's own kernels ignore.
 *
 * Shapes: x [N, H, W, C_in]; filter [K_h, K_w, C_in, C_out], or [K_h, K_w, C_in, M] if depthwise.
 */
export const convolutionKernels: KernelConfig[] = [
  forward(tf.Conv2D, full),
  inputGradient(tf.Conv2DBackpropInput, full),
  filterGradient(tf.Conv2DBackpropFilter, full),
  forward(tf.DepthwiseConv2dNative, depthwise),
  inputGradient(tf.DepthwiseConv2dNativeBackpropInput, depthwise),
  filterGradient(tf.DepthwiseConv2dNativeBackpropFilter, depthwise),
];
