import {
  engine,
  matMul,
  reshape,
  tidy,
  transpose,
  type Tensor,
  type Tensor2D,
  type Tensor3D,
  type Tensor4D,
} from '@tensorflow/tfjs-core';
import type { Axis } from '../../geometry.ts';
import { numElements } from '../../shapes.ts';
import { computeOnHost, sliceOnHost, writeOnHost } from '../backends/host.ts';
import { matMulTransposedB } from '../matmul/matMul.ts';
import { matMulInBlocks, MOST_TERMS } from '../matmul/matMulInBlocks.ts';
import { attributes } from './attributes.ts';
import type { Conv2dKernels } from './conv2dKernels.ts';
import {
  batchChunks,
  cellsOf,
  im2colTransposed,
  scatter,
  windowsOf,
  type Chunk,
} from './im2col.ts';
import { runConvolution } from './tfjs.ts';

/**
 * The largest number of elements of a chunk's matrix of windows. The matrix then takes 16 MB, which
 * fits into a small heap. Larger chunks are not faster.
 */
const MAX_ELEMENTS = 2 ** 22;

/**
 * Convolution on wasm by XNNPACK. Its gradients are computed as matrix products or as a
 * convolution, both of which XNNPACK computes at full speed. tfjs's own gradient of the input is
 * eight times as slow, and tfjs has no gradient of the filters on wasm.
 */
export const wasm: Conv2dKernels = {
  forward(images, filters, geometry, bias) {
    if (bias === undefined) {
      return runConvolution('Conv2D', { x: images, filter: filters }, geometry);
    }
    // On wasm, a bias that is added by the convolution's kernel costs no time.
    return runConvolution('FusedConv2D', { x: images, filter: filters, bias }, geometry);
  },

  toInput(gradOutput, filters, geometry) {
    const { height, width } = geometry;
    if (hasWindowPerPixel(height) && hasWindowPerPixel(width)) {
      // The gradient is a convolution of the windows' gradients with the flipped filters. It needs
      // the same number of multiplications as the matrix product, but no matrix of windows.
      const flippedGeometry = { height: reversed(height), width: reversed(width) };
      return tidy(() => {
        const inputs = { x: gradOutput, filter: flip(filters) };
        return engine().runKernel('Conv2D', inputs, attributes(flippedGeometry));
      });
    }
    const [batch, , , outChannels] = gradOutput.shape;
    const channels = filters.shape[2];
    const shape = [batch, height.input, width.input, channels];
    const chunks = batchChunks(batch, geometry, channels, MAX_ELEMENTS);
    return tidy(() => {
      const weights: Tensor2D = reshape(filters, [filters.size / outChannels, outChannels]);
      // All chunks share one transpose of the weights, so the weights are also packed only once.
      const shared = chunks.length > 1 ? transpose(weights) : undefined;
      const gradInput = computeOnHost([], shape, () => undefined);
      for (const chunk of chunks) {
        tidy(() => {
          const grads = gradRows(gradOutput, chunk);
          // The rows of G Wᵀ hold the contributions of each window to its pixels.
          const cells = shared ? matMul(grads, shared) : matMulTransposedB(grads, weights);
          writeOnHost(gradInput, [cells], (pixels, values) => {
            const first = pixels.subarray(chunk.firstPixel * channels);
            scatter(first, values, chunk.images, chunk.geometry, channels);
          });
        });
      }
      return gradInput as Tensor4D;
    });
  },

  /** Computes Xᵀ G, where the rows of X are the windows and those of G are their gradients. */
  toFilter(images, gradOutput, geometry) {
    const [batch, , , channels] = images.shape;
    const { height, width } = geometry;
    const shape = [height.kernel, width.kernel, channels, gradOutput.shape[3]];
    const gradFilters = computeOnHost([], shape, () => undefined);
    // A chunk has at most MOST_TERMS windows, unless one row of windows has more. The matrix
    // product of a larger chunk would be divided into blocks, and its factors would be copied for
    // that.
    const most = Math.min(MAX_ELEMENTS, MOST_TERMS * cellsOf(geometry, channels));
    for (const chunk of batchChunks(batch, geometry, channels, most)) {
      tidy(() => {
        const taps = im2colTransposed(pixelsOf(images, chunk), chunk.geometry);
        const products = matMulInBlocks(taps, gradRowsImagesLast(gradOutput, chunk));
        writeOnHost(gradFilters, [products], (sums, terms) => {
          for (let at = 0; at < sums.length; at++) sums[at] += terms[at];
        });
      });
    }
    return gradFilters as Tensor4D;
  },
};

/**
 * Returns whether the stride is 1 and there are at least as many windows as pixels, as with padding
 * `'same'`.
 */
function hasWindowPerPixel(axis: Axis): boolean {
  const { input, output, kernel, stride, dilation, before, after } = axis;
  const reach = dilation * (kernel - 1);
  return stride === 1 && output >= input && before <= reach && after <= reach;
}

/**
 * Returns the geometry for the gradient of the images: the flipped kernel slides over the gradients
 * of the windows, with one window per pixel of the image.
 */
function reversed(axis: Axis): Axis {
  const reach = axis.dilation * (axis.kernel - 1);
  return {
    ...axis,
    input: axis.output,
    output: axis.input,
    before: reach - axis.before,
    after: reach - axis.after,
  };
}

/**
 * Rotates the filters by 180 degrees, and swaps input and output channels: [K_h, K_w, C_out, C_in].
 */
function flip(filters: Tensor4D): Tensor4D {
  const [kernelHeight, kernelWidth, inputs, outputs] = filters.shape;
  const taps = kernelHeight * kernelWidth;
  const size = inputs * outputs;
  return computeOnHost([filters], [kernelHeight, kernelWidth, outputs, inputs], (to, from) => {
    for (let tap = 0; tap < taps; tap++) {
      const [source, target] = [tap * size, (taps - 1 - tap) * size];
      for (let c = 0; c < inputs; c++) {
        for (let o = 0; o < outputs; o++) {
          to[target + o * inputs + c] = from[source + c * outputs + o];
        }
      }
    }
  }) as Tensor4D;
}

/** Returns the pixels of a chunk, as a batch. */
function pixelsOf(images: Tensor4D, { images: examples, geometry, firstPixel }: Chunk): Tensor {
  const channels = images.shape[3];
  const shape = [examples, geometry.height.input, geometry.width.input, channels];
  return valuesOf(images, firstPixel * channels, shape);
}

/** Returns the gradients of a chunk, one row per window. */
function gradRows(gradOutput: Tensor4D, { images, geometry, firstWindow }: Chunk): Tensor2D {
  const outChannels = gradOutput.shape[3];
  const shape = [images * windowsOf(geometry), outChannels];
  return valuesOf(gradOutput, firstWindow * outChannels, shape) as Tensor2D;
}

/**
 * Returns the rows of `gradRows` in the order of `im2colTransposed`: window by window, and for each
 * window all images.
 */
function gradRowsImagesLast(gradOutput: Tensor4D, chunk: Chunk): Tensor2D {
  const rows = gradRows(gradOutput, chunk);
  const byImage: Tensor3D = reshape(rows, [chunk.images, windowsOf(chunk.geometry), -1]);
  return reshape(transpose(byImage, [1, 0, 2]), rows.shape);
}

function valuesOf(x: Tensor, start: number, shape: number[]): Tensor {
  return x.size === numElements(shape) ? reshape(x, shape) : sliceOnHost(x, start, shape);
}
