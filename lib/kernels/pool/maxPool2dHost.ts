import type { Tensor4D } from '@tensorflow/tfjs-core';
import type { Axis, Geometry } from '../../geometry.ts';
import { computeOnHost, type Values } from '../backends/host.ts';
import type { MaxPool2dKernels } from './maxPool2dKernels.ts';
import { tfjs } from './maxPool2dTfjs.ts';

/**
 * Max pooling on cpu, wasm and float64: tfjs's own kernel, and its gradient in a loop. wasm's own
 * gradient loses the gradient of a window without a positive value, and takes eight times as long.
 */
export const host: MaxPool2dKernels = {
  forward: tfjs.forward,

  toInput(gradOutput, images, output, geometry) {
    const windows = windowsOf(geometry, images.shape[3]);
    return computeOnHost([gradOutput, images, output], images.shape, (gradInput, grad, x, y) => {
      addToWinners(gradInput, grad, x, y, windows);
    }) as Tensor4D;
  },
};

/** A separate function, without closures, because the compiler then makes faster code. */
function addToWinners(
  gradInput: Values,
  grad: Values,
  x: Values,
  y: Values,
  { taps, ends, channels, imageSize }: Windows,
): void {
  let at = 0;
  for (let image = 0; image < x.length; image += imageSize) {
    for (let window = 0, first = 0; window < ends.length; first = ends[window++]) {
      const last = ends[window] - 1;
      if (last - first === 3) {
        let [a, b, c] = [image + taps[first], image + taps[first + 1], image + taps[first + 2]];
        const [ab, bc, cd] = [b - a, c - b, taps[last] + image - c];
        for (const end = a + channels; a < end; a++, b++, c++, at++) {
          // The place of the winner is unpredictable, so an `if` would stall the processor at every
          // other tap. Steps multiplied by 0 or 1 reduce windows of 2x2, the most common, from
          // 3.8 ms to 1.7 ms in the first pool of LeNet.
          const [notA, notB, notC] = [+(x[a] !== y[at]), +(x[b] !== y[at]), +(x[c] !== y[at])];
          gradInput[a + notA * (ab + notB * (bc + notC * cd))] += grad[at];
        }
      } else {
        for (let pixel = image; pixel < image + channels; pixel++, at++) {
          let tap = first;
          while (tap < last && x[pixel + taps[tap]] !== y[at]) tap++;
          gradInput[pixel + taps[tap]] += grad[at];
        }
      }
    }
  }
}

/** The windows of one image. */
interface Windows {
  /** The cells of all windows inside the input, as distances from the image's first value. */
  readonly taps: Int32Array;
  /** The end of each window in `taps`. */
  readonly ends: Int32Array;
  readonly channels: number;
  readonly imageSize: number;
}

function windowsOf({ height, width }: Geometry, channels: number): Windows {
  const taps: number[] = [];
  const ends: number[] = [];
  for (let i = 0; i < height.output; i++) {
    const [top, bottom] = inside(height, i);
    for (let j = 0; j < width.output; j++) {
      const [left, right] = inside(width, j);
      for (let y = top; y < bottom; y++) {
        for (let x = left; x < right; x++) taps.push((y * width.input + x) * channels);
      }
      ends.push(taps.length);
    }
  }
  const imageSize = height.input * width.input * channels;
  return { taps: Int32Array.from(taps), ends: Int32Array.from(ends), channels, imageSize };
}

/** The input cells [first, past) of a window along one axis, without the padding. */
function inside(axis: Axis, window: number): [first: number, past: number] {
  const first = window * axis.stride - axis.before;
  return [Math.max(first, 0), Math.min(first + axis.kernel, axis.input)];
}
