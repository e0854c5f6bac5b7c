import { engine, getBackend, type Tensor4D } from '@tensorflow/tfjs-core';
import type { Geometry } from '../geometry.ts';
import { attributes } from './conv2d.ts';
import { computeOnHost, onHost } from './host.ts';
import { windowsInside } from './im2col.ts';

/**
 * Convolution of each channel by itself, with M filters a channel. Images [N, H, W, C], filters [K_h, K_w, C, M],
 * outputs [N, H_out, W_out, C·M], in which channel c·M + m is channel c under its filter m.
 *
 * The loops are for what tfjs lacks: wasm has no gradients, cpu's kernels refuse stride and dilation together.
 */

/** y[n,i,j,cM+m] = Σ_pq x[n, i·s + p·d − before, j·s + q·d − before, c] w[p,q,c,m] */
export function depthwiseConv2d(images: Tensor4D, filters: Tensor4D, geometry: Geometry): Tensor4D {
  if (getBackend() === 'wasm' || hasKernels(geometry)) {
    return engine().runKernel('DepthwiseConv2dNative', { x: images, filter: filters }, attributes(geometry));
  }
  const [batch, , , channels] = images.shape;
  const multiplier = filters.shape[3];
  const outputShape = [batch, geometry.height.output, geometry.width.output, channels * multiplier];
  return computeOnHost([images, filters], outputShape, (y, x, w) => {
    forEachTap(batch, geometry, (pixel, window, tap) => {
      let [from, to, weight] = [
        pixel * channels,
        window * channels * multiplier,
        tap * channels * multiplier,
      ];
      for (const past = from + channels; from < past; from++) {
        for (let m = 0; m < multiplier; m++) y[to++] += x[from] * w[weight++];
      }
    });
  }) as Tensor4D;
}

/** ∂C/∂x[n,y,x,c] = Σ_ijm g[n,i,j,cM+m] w[p,q,c,m] over the windows (i, j) whose tap (p, q) meets pixel (y, x) */
export function depthwiseConv2dToInput(
  gradOutput: Tensor4D,
  filters: Tensor4D,
  geometry: Geometry,
): Tensor4D {
  const [, , channels, multiplier] = filters.shape;
  const [batch] = gradOutput.shape;
  const inputShape = [batch, geometry.height.input, geometry.width.input, channels];
  if (hasKernels(geometry)) {
    const attrs = { ...attributes(geometry), inputShape };
    return engine().runKernel(
      'DepthwiseConv2dNativeBackpropInput',
      { dy: gradOutput, filter: filters },
      attrs,
    );
  }
  return computeOnHost([gradOutput, filters], inputShape, (gradInput, g, w) => {
    forEachTap(batch, geometry, (pixel, window, tap) => {
      let [to, from, weight] = [
        pixel * channels,
        window * channels * multiplier,
        tap * channels * multiplier,
      ];
      for (const past = to + channels; to < past; to++) {
        for (let m = 0; m < multiplier; m++) gradInput[to] += g[from++] * w[weight++];
      }
    });
  }) as Tensor4D;
}

/** ∂C/∂w[p,q,c,m] = Σ_nij x[n, i·s + p·d − before, j·s + q·d − before, c] g[n,i,j,cM+m] */
export function depthwiseConv2dToFilter(
  images: Tensor4D,
  gradOutput: Tensor4D,
  geometry: Geometry,
): Tensor4D {
  const [batch, , , channels] = images.shape;
  const multiplier = gradOutput.shape[3] / channels;
  const filterShape = [geometry.height.kernel, geometry.width.kernel, channels, multiplier];
  if (hasKernels(geometry)) {
    const attrs = { ...attributes(geometry), filterShape };
    return engine().runKernel('DepthwiseConv2dNativeBackpropFilter', { x: images, dy: gradOutput }, attrs);
  }
  return computeOnHost([images, gradOutput], filterShape, (gradFilter, x, g) => {
    forEachTap(batch, geometry, (pixel, window, tap) => {
      let [from, grad, to] = [pixel * channels, window * channels * multiplier, tap * channels * multiplier];
      for (const past = from + channels; from < past; from++) {
        for (let m = 0; m < multiplier; m++) gradFilter[to++] += x[from] * g[grad++];
      }
    });
  }) as Tensor4D;
}

/** Whether tfjs's kernels compute this: on the reference all, on graphics cards what is not dilated. */
function hasKernels({ height, width }: Geometry): boolean {
  return getBackend() === 'float64' || (!onHost() && height.dilation === 1 && width.dilation === 1);
}

/** Calls `visit` with the pixel, window and tap of every tap that meets a pixel, each counted row by row. */
function forEachTap(
  batch: number,
  { height, width }: Geometry,
  visit: (pixel: number, window: number, tap: number) => void,
): void {
  const columns = Array.from({ length: width.kernel }, (_, q) => windowsInside(width, q));
  for (let n = 0; n < batch; n++) {
    for (let p = 0; p < height.kernel; p++) {
      for (let [i, bottom] = windowsInside(height, p); i < bottom; i++) {
        const y = n * height.input + i * height.stride + p * height.dilation - height.before;
        for (let q = 0; q < width.kernel; q++) {
          const [left, right] = columns[q];
          let pixel = y * width.input + left * width.stride + q * width.dilation - width.before;
          let window = (n * height.output + i) * width.output + left;
          for (let j = left; j < right; j++, pixel += width.stride, window++) {
            visit(pixel, window, p * width.kernel + q);
          }
        }
      }
    }
  }
}
