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
import type { Axis, Geometry } from '../../geometry.ts';
import { numElements } from '../../init/initializers.ts';
import { attributes } from './attributes.ts';
import { computeOnHost, sliceOnHost, writeOnHost } from '../backends/host.ts';
import { batchChunks, scatter, im2colTransposed, windowsOf, type Chunk } from './im2col.ts';
import { matMulTransposedB } from '../matmul/matMul.ts';

/**
 * The gradients of a convolution on wasm, whose own kernels are eight times as slow for the input and missing for the
 * filters: as products of matrices, or as a convolution, both of which its library computes at full speed.
 */

/** The numbers of X, 16 megabytes: a small heap holds them, and larger parts are no faster. */
const MAX_ELEMENTS = 2 ** 22;

/** The gradient of the images */
export function conv2dToInputOnWasm(
  gradOutput: Tensor4D,
  filters: Tensor4D,
  geometry: Geometry,
): Tensor4D {
  if (hasNoFewerWindows(geometry.height) && hasNoFewerWindows(geometry.width)) {
    // A convolution of the gradients with the flipped filters: as many multiplications, and no matrix.
    const over = { height: reversed(geometry.height), width: reversed(geometry.width) };
    return tidy(() => {
      const inputs = { x: gradOutput, filter: flip(filters) };
      return engine().runKernel('Conv2D', inputs, attributes(over));
    });
  }
  const [batch, , , outChannels] = gradOutput.shape;
  const channels = filters.shape[2];
  const shape = [batch, geometry.height.input, geometry.width.input, channels];
  const parts = batchChunks(batch, geometry, channels, MAX_ELEMENTS);
  return tidy(() => {
    const weights: Tensor2D = reshape(filters, [filters.size / outChannels, outChannels]);
    // Several parts share one transpose of the weights, and one packing.
    const shared = parts.length > 1 ? transpose(weights) : undefined;
    const gradInput = computeOnHost([], shape, () => undefined);
    for (const part of parts) {
      tidy(() => {
        const grads = gradRows(gradOutput, part);
        // G Wᵀ has each window's share of each pixel.
        const shares = shared ? matMul(grads, shared) : matMulTransposedB(grads, weights);
        writeOnHost(gradInput, [shares], (pixels, cells) => {
          scatter(
            pixels.subarray(part.firstPixel * channels),
            cells,
            part.images,
            part.geometry,
            channels,
          );
        });
      });
    }
    return gradInput as Tensor4D;
  });
}

/** The gradient of the filters, Xᵀ G: X has the windows as rows. */
export function conv2dToFilterOnWasm(
  images: Tensor4D,
  gradOutput: Tensor4D,
  geometry: Geometry,
): Tensor4D {
  const [batch, , , channels] = images.shape;
  const { height, width } = geometry;
  const shape = [height.kernel, width.kernel, channels, gradOutput.shape[3]];
  return tidy(() => {
    const gradFilters = computeOnHost([], shape, () => undefined);
    for (const part of batchChunks(batch, geometry, channels, MAX_ELEMENTS)) {
      tidy(() => {
        const taps = im2colTransposed(pixelsOf(images, part), part.geometry);
        writeOnHost(gradFilters, [matMul(taps, imagesLast(gradOutput, part))], (sums, terms) => {
          for (let at = 0; at < sums.length; at++) sums[at] += terms[at];
        });
      });
    }
    return gradFilters as Tensor4D;
  });
}

/** Whether the windows a stride of 1 apart are no fewer than the pixels, as with the padding `'same'`. */
function hasNoFewerWindows({
  input,
  output,
  kernel,
  stride,
  dilation,
  before,
  after,
}: Axis): boolean {
  const reach = dilation * (kernel - 1);
  return stride === 1 && output >= input && before <= reach && after <= reach;
}

/** How the flipped kernel slides over the windows: one step a pixel. */
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

/** The filters upside down and from right to left, with inputs and outputs changed: [K_h, K_w, C_out, C_in]. */
function flip(filters: Tensor4D): Tensor4D {
  const [kernelHeight, kernelWidth, inputs, outputs] = filters.shape;
  const taps = kernelHeight * kernelWidth;
  const size = inputs * outputs;
  return computeOnHost([filters], [kernelHeight, kernelWidth, outputs, inputs], (to, from) => {
    for (let tap = 0; tap < taps; tap++) {
      const [source, target] = [tap * size, (taps - 1 - tap) * size];
      for (let c = 0; c < inputs; c++) {
        for (let o = 0; o < outputs; o++)
          to[target + o * inputs + c] = from[source + c * outputs + o];
      }
    }
  }) as Tensor4D;
}

/** The pixels of a part, as a batch. */
function pixelsOf(images: Tensor4D, { images: examples, geometry, firstPixel }: Chunk): Tensor {
  const channels = images.shape[3];
  const shape = [examples, geometry.height.input, geometry.width.input, channels];
  return valuesOf(images, firstPixel * channels, shape);
}

/** The gradients of a part, a row a window. */
function gradRows(gradOutput: Tensor4D, { images, geometry, firstWindow }: Chunk): Tensor2D {
  const outChannels = gradOutput.shape[3];
  const shape = [images * windowsOf(geometry), outChannels];
  return valuesOf(gradOutput, firstWindow * outChannels, shape) as Tensor2D;
}

/** The same in the order of `tapRows`: all images' gradients of a window one after the other. */
function imagesLast(gradOutput: Tensor4D, part: Chunk): Tensor2D {
  const rows = gradRows(gradOutput, part);
  const byImage: Tensor3D = reshape(rows, [part.images, windowsOf(part.geometry), -1]);
  return reshape(transpose(byImage, [1, 0, 2]), rows.shape);
}

function valuesOf(x: Tensor, start: number, shape: number[]): Tensor {
  return x.size === numElements(shape) ? reshape(x, shape) : sliceOnHost(x, start, shape);
}
