import type { Tensor4D } from '@tensorflow/tfjs-core';
import type { Axis, Geometry } from '../../geometry.ts';
import { bitsOf, computeOnHost, type Values } from '../backends/host.ts';
import { surelyFinite } from '../reduce/surelyFinite.ts';

/** Returns the maximum of each window, or NaN if the window contains a NaN. */
export function maxPool2dInLoops(images: Tensor4D, geometry: Geometry): Tensor4D {
  const [batch, , , channels] = images.shape;
  const windows = windowsOf(geometry, channels);
  const shape = [batch, geometry.height.output, geometry.width.output, channels];
  const fill = (y: Values, x: Values) => findMaxima(y, x, windows);
  return computeOnHost([images], shape, fill, { zeroed: false }) as Tensor4D;
}

function findMaxima(y: Values, x: Values, { taps, ends, channels, imageSize }: Windows): void {
  let at = 0;
  for (let image = 0; image < x.length; image += imageSize) {
    for (let window = 0, first = 0; window < ends.length; first = ends[window++]) {
      for (let pixel = image; pixel < image + channels; pixel++, at++) {
        let most = x[pixel + taps[first]];
        // If a value is NaN, the maximum becomes NaN and stays so.
        for (let tap = first + 1; tap < ends[window]; tap++) {
          most = Math.max(most, x[pixel + taps[tap]]);
        }
        y[at] = most;
      }
    }
  }
}

/**
 * Adds the gradient of each window to the first pixel of the window that equals the output, or, if
 * the output is NaN, to the first pixel that is NaN.
 */
export function maxPool2dToInputInLoops(
  gradOutput: Tensor4D,
  images: Tensor4D,
  output: Tensor4D,
  geometry: Geometry,
): Tensor4D {
  const windows = windowsOf(geometry, images.shape[3]);
  const hasNoNaN = surelyFinite(output);
  // If the windows cover the image without overlap, every pixel is written.
  const covered = windows.taps.length * windows.channels === windows.imageSize;
  return computeOnHost(
    [gradOutput, images, output],
    images.shape,
    (gradInput, grad, x, y) => {
      if (!hasNoNaN) addToWinnersOrNaN(gradInput, grad, x, y, windows);
      else if (windows.areSeparateFours && areSingle(gradInput) && areSingle(grad)) {
        writeToWinners(gradInput, grad, x, y, windows);
      } else addToWinners(gradInput, grad, x, y, windows);
    },
    { zeroed: !(covered && windows.areSeparateFours && hasNoNaN) },
  ) as Tensor4D;
}

function areSingle(values: Values): values is Float32Array {
  return values instanceof Float32Array;
}

/**
 * Does the work of `maxPool2dToInputInLoops` if no output is NaN. This is a separate function
 * because the JavaScript engine compiles it to faster code than a closure.
 */
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
          // The position of the maximum is unpredictable, so the processor would mispredict the
          // branch of an `if` at every other tap. Products of the distances with 0 or 1 take half
          // the time of an `if`.
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

/**
 * Does the work of `addToWinners` for 2x2 windows that do not overlap, which are the most common
 * ones. It writes all four pixels of a window: the gradient to the first maximum, and 0 to the
 * others. In the first pool of LeNet this takes 1.2 ms, and `addToWinners` takes 1.7 ms.
 */
function writeToWinners(
  gradInput: Float32Array,
  grad: Float32Array,
  x: Values,
  y: Values,
  { taps, channels, imageSize }: Windows,
): void {
  const [gradBits, bits] = [bitsOf(grad), bitsOf(gradInput)];
  let at = 0;
  for (let image = 0; image < x.length; image += imageSize) {
    for (let tap = 0; tap < taps.length; tap += 4) {
      let a = image + taps[tap];
      const [b, c, d] = [1, 2, 3].map((k) => taps[tap + k] - taps[tap]);
      for (const end = a + channels; a < end; a++, at++) {
        const most = y[at];
        let left = gradBits[at];
        left ^= bits[a] = left & -+(x[a] === most);
        left ^= bits[a + b] = left & -+(x[a + b] === most);
        left ^= bits[a + c] = left & -+(x[a + c] === most);
        bits[a + d] = left;
      }
    }
  }
}

/**
 * Does the work of `addToWinners` if an output may be NaN. In that case, the gradient goes to the
 * first NaN of the window.
 */
function addToWinnersOrNaN(
  gradInput: Values,
  grad: Values,
  x: Values,
  y: Values,
  { taps, ends, channels, imageSize }: Windows,
): void {
  let at = 0;
  for (let image = 0; image < x.length; image += imageSize) {
    for (let window = 0, first = 0; window < ends.length; first = ends[window++]) {
      for (let pixel = image; pixel < image + channels; pixel++, at++) {
        let tap = first;
        while (tap < ends[window] - 1 && !Object.is(x[pixel + taps[tap]] + 0, y[at] + 0)) tap++;
        gradInput[pixel + taps[tap]] += grad[at];
      }
    }
  }
}

/** The windows of one image. */
interface Windows {
  /** The cells of all windows inside the input, as distances from the first value of the image. */
  readonly taps: Int32Array;
  /** The index in `taps` at which each window ends. */
  readonly ends: Int32Array;
  /** Whether each window has four cells, and no cell belongs to two windows. */
  readonly areSeparateFours: boolean;
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
  const isSeparate = [height, width].every(({ kernel, stride }) => stride >= kernel);
  return {
    taps: Int32Array.from(taps),
    ends: Int32Array.from(ends),
    areSeparateFours: isSeparate && ends.every((end, window) => end === 4 * (window + 1)),
    channels,
    imageSize: height.input * width.input * channels,
  };
}

/** Returns the input cells [first, past) of a window along one axis, without the padding. */
function inside(axis: Axis, window: number): [first: number, past: number] {
  const first = window * axis.stride - axis.before;
  return [Math.max(first, 0), Math.min(first + axis.kernel, axis.input)];
}
