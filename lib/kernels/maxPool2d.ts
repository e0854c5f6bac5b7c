import { engine, type Tensor4D } from '@tensorflow/tfjs-core';
import type { Axis, Geometry } from '../geometry.ts';
import { computeOnHost, onHost } from './host.ts';

/** y[n,i,j,c] = the largest x[n, i·s + p − before, j·s + q − before, c] of the window; padding never wins. */
export function maxPool2d(images: Tensor4D, geometry: Geometry): Tensor4D {
  return engine().runKernel('MaxPool', { x: images }, attributes(geometry));
}

/**
 * Sends each gradient to the pixel that won its window: the first of the largest, row by row. Overlapping windows
 * add up.
 *
 * wasm's own kernel loses the gradient of a window without a positive value, and takes three times as long as this.
 */
export function maxPool2dToInput(
  gradOutput: Tensor4D,
  images: Tensor4D,
  output: Tensor4D,
  geometry: Geometry,
): Tensor4D {
  if (!onHost()) {
    return engine().runKernel('MaxPoolGrad', { dy: gradOutput, input: images, output }, attributes(geometry));
  }
  const [batch, inHeight, inWidth, channels] = images.shape;
  const rows = taps(geometry.height);
  const columns = taps(geometry.width);
  return computeOnHost([gradOutput, images, output], images.shape, (gradInput, grad, x, y) => {
    let at = 0;
    for (let n = 0; n < batch; n++) {
      for (const [top, bottom] of rows) {
        for (const [left, right] of columns) {
          for (let c = 0; c < channels; c++, at++) {
            const winner = firstEqual(x, y[at], n * inHeight, top, bottom, left, right, inWidth, channels, c);
            gradInput[winner] += grad[at];
          }
        }
      }
    }
  }) as Tensor4D;
}

/** Where the window's largest value stands first; every window has one, for its output was read from there. */
function firstEqual(
  x: ArrayLike<number>,
  largest: number,
  firstRow: number,
  top: number,
  bottom: number,
  left: number,
  right: number,
  inWidth: number,
  channels: number,
  channel: number,
): number {
  for (let row = top; row < bottom; row++) {
    let pixel = ((firstRow + row) * inWidth + left) * channels + channel;
    for (let column = left; column < right; column++, pixel += channels) {
      if (x[pixel] === largest) return pixel;
    }
  }
  return -1;
}

/** The input cells [first, past last) of every window along one axis, without the padding. */
function taps(axis: Axis): [number, number][] {
  return Array.from({ length: axis.output }, (_, window) => {
    const first = window * axis.stride - axis.before;
    return [Math.max(first, 0), Math.min(first + axis.kernel, axis.input)];
  });
}

function attributes({ height, width }: Geometry) {
  return {
    filterSize: [height.kernel, width.kernel],
    strides: [height.stride, width.stride],
    pad: [
      [0, 0],
      [height.before, height.after],
      [width.before, width.after],
      [0, 0],
    ],
  };
}
