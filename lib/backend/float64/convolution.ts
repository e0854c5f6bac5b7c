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

/** One of the three sums over all products of a convolution, for one tap of the filter. */
type AddTap = (window: Window, x: number, y: number, tap: number, values: Values) => void;

/** The values of x, y and w, or of their gradients. One of the three is the sum. */
interface Values {
  readonly x: Numbers;
  readonly y: Numbers;
  readonly w: Numbers;
}

type Numbers = ReturnType<typeof allocate>;

/** The sums of a convolution. Each has loops of its own: a call for every product is slow. */
interface Sums {
  readonly isDepthwise: boolean;
  readonly output: AddTap;
  readonly input: AddTap;
  readonly filter: AddTap;
}

const full: Sums = {
  isDepthwise: false,
  output({ inChannels, outChannels }, xPixel, yPixel, tap, { x, y, w }) {
    const to = yPixel * outChannels;
    let c = 0;
    // Four channels at once are twice as fast, and are added in the same order.
    for (; c + 3 < inChannels; c += 4) {
      const i = xPixel * inChannels + c;
      const [a, b, e, f] = [x[i], x[i + 1], x[i + 2], x[i + 3]];
      const first = (tap * inChannels + c) * outChannels;
      const [second, third] = [first + outChannels, first + 2 * outChannels];
      const fourth = third + outChannels;
      for (let d = 0; d < outChannels; d++) {
        y[to + d] =
          y[to + d] + a * w[first + d] + b * w[second + d] + e * w[third + d] + f * w[fourth + d];
      }
    }
    for (; c < inChannels; c++) {
      const value = x[xPixel * inChannels + c];
      const from = (tap * inChannels + c) * outChannels;
      for (let d = 0; d < outChannels; d++) y[to + d] += value * w[from + d];
    }
  },
  input({ inChannels, outChannels }, xPixel, yPixel, tap, { x, y, w }) {
    const from = yPixel * outChannels;
    for (let c = 0; c < inChannels; c++) {
      const weights = (tap * inChannels + c) * outChannels;
      let sum = x[xPixel * inChannels + c];
      for (let d = 0; d < outChannels; d++) sum += y[from + d] * w[weights + d];
      x[xPixel * inChannels + c] = sum;
    }
  },
  filter({ inChannels, outChannels }, xPixel, yPixel, tap, { x, y, w }) {
    const from = yPixel * outChannels;
    for (let c = 0; c < inChannels; c++) {
      const value = x[xPixel * inChannels + c];
      const to = (tap * inChannels + c) * outChannels;
      for (let d = 0; d < outChannels; d++) w[to + d] += value * y[from + d];
    }
  },
};

/**
 * With `multiplier` filters per channel, output channel c · multiplier + m depends only on input
 * channel c.
 */
const depthwise: Sums = {
  isDepthwise: true,
  output({ inChannels, outChannels }, xPixel, yPixel, tap, { x, y, w }) {
    const multiplier = outChannels / inChannels;
    for (let d = 0; d < outChannels; d++) {
      const c = Math.floor(d / multiplier);
      y[yPixel * outChannels + d] += x[xPixel * inChannels + c] * w[tap * outChannels + d];
    }
  },
  input({ inChannels, outChannels }, xPixel, yPixel, tap, { x, y, w }) {
    const multiplier = outChannels / inChannels;
    for (let d = 0; d < outChannels; d++) {
      const c = Math.floor(d / multiplier);
      x[xPixel * inChannels + c] += y[yPixel * outChannels + d] * w[tap * outChannels + d];
    }
  },
  filter({ inChannels, outChannels }, xPixel, yPixel, tap, { x, y, w }) {
    const multiplier = outChannels / inChannels;
    for (let d = 0; d < outChannels; d++) {
      const c = Math.floor(d / multiplier);
      w[tap * outChannels + d] += x[xPixel * inChannels + c] * y[yPixel * outChannels + d];
    }
  },
};

function forward(name: string, { isDepthwise, output }: Sums): KernelConfig {
  return kernel<tf.Conv2DInputs, ConvAttrs>(name, (backend, { x, filter }, attrs) => {
    const window = windowOf(x.shape, filter.shape, attrs, isDepthwise);
    const y = allocate('float32', sizeOf(window.outShape));
    const values = { x: backend.values(x), y, w: backend.values(filter) };
    forEachTap(window, (from, to, tap) => output(window, from, to, tap, values));
    return backend.output(y, window.outShape, 'float32');
  });
}

function inputGradient(name: string, { isDepthwise, input }: Sums): KernelConfig {
  type Attrs = ConvAttrs & { inputShape: number[] };
  return kernel<tf.Conv2DBackpropInputInputs, Attrs>(name, (backend, { dy, filter }, attrs) => {
    const window = windowOf(attrs.inputShape, filter.shape, attrs, isDepthwise);
    checkShape(name, dy.shape, window.outShape);
    const x = allocate('float32', sizeOf(window.inShape));
    const values = { x, y: backend.values(dy), w: backend.values(filter) };
    forEachTap(window, (to, from, tap) => input(window, to, from, tap, values));
    return backend.output(x, window.inShape, 'float32');
  });
}

function filterGradient(name: string, { isDepthwise, filter }: Sums): KernelConfig {
  type Attrs = ConvAttrs & { filterShape: number[] };
  return kernel<tf.Conv2DBackpropFilterInputs, Attrs>(name, (backend, { x, dy }, attrs) => {
    const window = windowOf(x.shape, attrs.filterShape, attrs, isDepthwise);
    checkShape(name, dy.shape, window.outShape);
    const w = allocate('float32', sizeOf(window.filterShape));
    const values = { x: backend.values(x), y: backend.values(dy), w };
    forEachTap(window, (from, to, tap) => filter(window, from, to, tap, values));
    return backend.output(w, window.filterShape, 'float32');
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
