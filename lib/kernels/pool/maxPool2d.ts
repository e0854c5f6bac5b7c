import { engine, tidy, type Tensor, type Tensor4D } from '@tensorflow/tfjs-core';
import type { Axis, Geometry } from '../../geometry.ts';
import { computeOnHost, onHost, type Values } from '../backends/host.ts';
import { maxPool2dOnTensorflow, maxPool2dToInputOnTensorflow } from './maxPool2dTensorflow.ts';
import { onTensorflow } from '../backends/tensorflow.ts';

/** y[n,i,j,c] = the largest x[n, i·s + p − before, j·s + q − before, c] of the window; padding never wins. */
export function maxPool2d(images: Tensor4D, geometry: Geometry): Tensor4D {
  return tidy(() => maxPool2dWithWinners(images, geometry).output);
}

/** With a note of the cell that won each window, on backends that make one, for `maxPool2dToInput`. */
export function maxPool2dWithWinners(
  images: Tensor4D,
  geometry: Geometry,
): { output: Tensor4D; winners?: Tensor } {
  if (onTensorflow()) return maxPool2dOnTensorflow(images, geometry);
  return { output: engine().runKernel('MaxPool', { x: images }, poolAttributes(geometry)) };
}

/**
 * Sends each gradient to the pixel that won its window: the first of the largest, row by row. Overlapping windows
 * add up.
 *
 * wasm's own kernel loses the gradient of a window without a positive value, and takes eight times as long as this.
 */
export function maxPool2dToInput(
  gradOutput: Tensor4D,
  images: Tensor4D,
  output: Tensor4D,
  geometry: Geometry,
  winners?: Tensor,
): Tensor4D {
  if (onTensorflow())
    return maxPool2dToInputOnTensorflow(gradOutput, images, output, geometry, winners);
  if (!onHost()) {
    return engine().runKernel(
      'MaxPoolGrad',
      { dy: gradOutput, input: images, output },
      poolAttributes(geometry),
    );
  }
  const table = windows(geometry, images.shape[3]);
  return computeOnHost([gradOutput, images, output], images.shape, (gradInput, grad, x, y) => {
    route(gradInput, grad, x, y, table);
  }) as Tensor4D;
}

/** A function of its own, without closures, because the compiler makes faster code of it. */
function route(gradInput: Values, grad: Values, x: Values, y: Values, table: Windows): void {
  const { taps, ends, channels, imageSize } = table;
  let at = 0;
  for (let image = 0; image < x.length; image += imageSize) {
    for (let window = 0, first = 0; window < ends.length; first = ends[window++]) {
      const last = ends[window] - 1;
      if (last - first === 3) {
        let [a, b, c] = [image + taps[first], image + taps[first + 1], image + taps[first + 2]];
        const [ab, bc, cd] = [b - a, c - b, taps[last] + image - c];
        for (const end = a + channels; a < end; a++, b++, c++, at++) {
          // Where the largest stands nobody can guess, so an `if` would stall the processor at every other tap.
          // Steps times 0 or 1 instead take 2x2 windows, the usual ones, from 3.8 ms to 1.7 in LeNet's first pool.
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
  /** The cells of each window, row by row and without the padding, as distances from the image's first. */
  readonly taps: Int32Array;
  /** Where the cells of each window end among them. */
  readonly ends: Int32Array;
  readonly channels: number;
  readonly imageSize: number;
}

function windows({ height, width }: Geometry, channels: number): Windows {
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

/** The input cells [first, past last) of a window along one axis, without the padding. */
function inside(axis: Axis, window: number): [number, number] {
  const first = window * axis.stride - axis.before;
  return [Math.max(first, 0), Math.min(first + axis.kernel, axis.input)];
}

/** What tfjs's pooling kernels ask for. */
export function poolAttributes({ height, width }: Geometry) {
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
