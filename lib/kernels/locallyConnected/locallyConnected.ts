import {
  tidy,
  transpose,
  type Tensor,
  type Tensor2D,
  type Tensor3D,
  type Tensor4D,
} from '@tensorflow/tfjs-core';
import type { Axis, Geometry } from '../../geometry.ts';
import { computeOnHost, sliceOnHost, writeOnHost } from '../backends/host.ts';
import { forBackend, type ByBackend } from '../backends/select.ts';
import { cellsOf, copy, im2col, scatter } from '../conv2d/im2col.ts';
import { matMul, matMulTransposedA, matMulTransposedB, multiplyEach } from '../matmul/matMul.ts';
import { unfold, unfoldToInput } from '../conv2d/unfold.ts';

/*
 * A convolution whose filters differ from place to place. For each of the P = H_out·W_out places,
 * the output is one matrix product: the windows of the N images at this place, [N, K], times the
 * filters of the place, [K, C_out], with K = K_h·K_w·C_in.
 *
 * On cpu and wasm, products of batches of matrices are slow plain loops. So each place is computed
 * as a separate product there, unless the products are so small that the calls would take longer.
 *
 * Shapes: images [N, H, W, C_in]; filters [P, K, C_out]; output [N, P, C_out].
 */

/** Convolves images with the filters of each place p: y[n,p,o] = Σ_k window(n,p)[k] w[p,k,o]. */
export function locallyConnected(
  images: Tensor4D,
  filters: Tensor3D,
  geometry: Geometry,
): Tensor3D {
  if (!hasProductPerPlace(images.shape[0], filters.shape)) {
    return tidy(() => swap(multiplyEach(swap(unfold(images, geometry)), filters)));
  }
  const [places, , outChannels] = filters.shape;
  const shape = [images.shape[0], places, outChannels];
  return computeByPlace(shape, geometry, (output, place, window) => {
    const outputs = matMul(windowsAt(images, window), filtersAt(filters, place));
    writeOnHost(output, [outputs], (y, values) => {
      for (let n = 0; n < images.shape[0]; n++) {
        copy(y, (n * places + place) * outChannels, values, n * outChannels, outChannels);
      }
    });
  }) as Tensor3D;
}

/**
 * Computes the gradient of the images: the gradient of each window is added to the pixels of the
 * window.
 *
 *     ∂C/∂window(n,p)[k] = Σ_o g[n,p,o] w[p,k,o]
 */
export function locallyConnectedToInput(
  gradOutput: Tensor3D,
  filters: Tensor3D,
  inChannels: number,
  geometry: Geometry,
): Tensor4D {
  const batch = gradOutput.shape[0];
  if (!hasProductPerPlace(batch, filters.shape)) {
    return tidy(() => {
      const gradWindows: Tensor3D = multiplyEach(swap(gradOutput), filters, false, true);
      return unfoldToInput(swap(gradWindows), inChannels, geometry);
    });
  }
  const imageShape = [batch, geometry.height.input, geometry.width.input, inChannels];
  return computeByPlace(imageShape, geometry, (gradInput, place, window) => {
    const gradCells = matMulTransposedB(gradsAt(gradOutput, place), filtersAt(filters, place));
    writeOnHost(gradInput, [gradCells], (pixels, cells) =>
      scatter(pixels, cells, batch, window, inChannels),
    );
  }) as Tensor4D;
}

/** Computes the gradient of the filters: ∂C/∂w[p,k,o] = Σ_n window(n,p)[k] g[n,p,o]. */
export function locallyConnectedToFilters(
  images: Tensor4D,
  gradOutput: Tensor3D,
  geometry: Geometry,
): Tensor3D {
  const [batch, places, outChannels] = gradOutput.shape;
  const shape = [places, cellsOf(geometry, images.shape[3]), outChannels];
  if (!hasProductPerPlace(batch, shape)) {
    return tidy(() => {
      const cellsFirst: Tensor3D = transpose(unfold(images, geometry), [1, 2, 0]);
      return multiplyEach(cellsFirst, swap(gradOutput));
    });
  }
  return computeByPlace(shape, geometry, (gradFilters, place, window) => {
    const grads = matMulTransposedA(windowsAt(images, window), gradsAt(gradOutput, place));
    writeOnHost(gradFilters, [grads], (all, values) => all.set(values, place * values.length));
  }) as Tensor3D;
}

/** From this number of multiplications per place on, one matrix product per place is faster. */
const MIN_MULTIPLICATIONS: ByBackend<number> = { cpu: 2 ** 11, wasm: 2 ** 14, other: Infinity };

function hasProductPerPlace(batch: number, [, cells, outChannels]: readonly number[]): boolean {
  return batch * cells * outChannels >= forBackend(MIN_MULTIPLICATIONS);
}

/**
 * Creates a tensor that `write` fills place by place. `write` gets the geometry of the window of
 * each place.
 */
function computeByPlace(
  shape: readonly number[],
  { height, width }: Geometry,
  write: (output: Tensor, place: number, window: Geometry) => void,
): Tensor {
  const only = (axis: Axis, window: number): Axis => ({
    ...axis,
    output: 1,
    before: axis.before - window * axis.stride,
  });
  const output = computeOnHost([], shape, () => undefined);
  for (let i = 0; i < height.output; i++) {
    for (let j = 0; j < width.output; j++) {
      const window = { height: only(height, i), width: only(width, j) };
      tidy(() => write(output, i * width.output + j, window));
    }
  }
  return output;
}

/** Returns the windows of all images at a place, [N, K]. */
function windowsAt(images: Tensor4D, window: Geometry): Tensor2D {
  return im2col(images, window) as Tensor2D;
}

/** Returns the filters of a place, [K, C_out]. */
function filtersAt(filters: Tensor3D, place: number): Tensor2D {
  const [, cells, outChannels] = filters.shape;
  return sliceOnHost(filters, place * cells * outChannels, [cells, outChannels]) as Tensor2D;
}

/** Returns the gradients of a place, [N, C_out]. */
function gradsAt(gradOutput: Tensor3D, place: number): Tensor2D {
  const [batch, places, outChannels] = gradOutput.shape;
  return computeOnHost([gradOutput], [batch, outChannels], (grads, g) => {
    for (let n = 0; n < batch; n++) {
      copy(grads, n * outChannels, g, (n * places + place) * outChannels, outChannels);
    }
  }) as Tensor2D;
}

/** Swaps the first two axes, places and images. */
function swap(x: Tensor3D): Tensor3D {
  return transpose(x, [1, 0, 2]);
}
