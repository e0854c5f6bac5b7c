import {
  addN,
  concat,
  engine,
  reshape,
  slice,
  tidy,
  type Tensor,
  type Tensor2D,
  type Tensor3D,
  type Tensor4D,
} from '@tensorflow/tfjs-core';
import type { Axis, Geometry } from '../../geometry.ts';
import { isPacked, runOnWebgl } from '../backends/webgl.ts';
import type { Conv2dKernels } from './conv2dKernels.ts';

/**
 * The largest number of elements of a matrix of windows, a quarter of a gigabyte. A single image
 * may exceed it.
 */
const MAX_ELEMENTS = 1 << 26;

/**
 * Returns convolution and its gradients for webgl. They are matrix products, because tfjs's matrix
 * product computes four values at a time on webgl. The rows of X, [N·H_out·W_out, K_h·K_w·C_in],
 * are the windows, and G has the gradients of the windows as rows.
 *
 *     forward    Y = X W (+ b)
 *     toInput    ∂C/∂X = G Wᵀ, each cell added to the pixel that it was read from
 *     toFilter   ∂C/∂W = Xᵀ G
 *
 * tfjs's own kernels for the gradients compute one value at a time, and ignore dilation. tfjs's
 * convolution computes one product per image, which takes twice as long as one product for all
 * images.
 *
 * @param maxElements the largest number of elements of X; a larger batch is computed in chunks.
 */
export function webglKernels(maxElements = MAX_ELEMENTS): Conv2dKernels {
  return {
    forward(images, filters, geometry, bias) {
      const [batch, , , inChannels] = images.shape;
      const outChannels = filters.shape[3];
      const { height, width } = geometry;
      return tidy(() => {
        const weights: Tensor2D = reshape(filters, [-1, outChannels]);
        const chunks = imageChunks(batch, inChannels, geometry, maxElements);
        return joined(
          chunks.map(([first, size]) => {
            const windows = im2col(imagesOf(images, first, size), geometry);
            const outputs = product(windows, weights, false, bias);
            return reshape(outputs, [size, height.output, width.output, outChannels]);
          }),
        );
      });
    },

    toInput(gradOutput, filters, geometry) {
      const [, , inChannels, outChannels] = filters.shape;
      const { height, width } = geometry;
      return tidy(() => {
        const weights: Tensor2D = reshape(filters, [-1, outChannels]);
        const chunks = imageChunks(gradOutput.shape[0], inChannels, geometry, maxElements);
        return joined(
          chunks.map(([first, size]) => {
            const grads: Tensor2D = reshape(imagesOf(gradOutput, first, size), [-1, outChannels]);
            const gradWindows = product(grads, weights, true);
            return col2im(gradWindows, [size, height.input, width.input, inChannels], geometry);
          }),
        );
      });
    },

    toFilter(images, gradOutput, geometry) {
      const [batch, , , inChannels] = images.shape;
      const outChannels = gradOutput.shape[3];
      const { height, width } = geometry;
      return tidy(() => {
        const chunks = imageChunks(batch, inChannels, geometry, maxElements);
        const products = chunks.map(([first, size]) => {
          const windows = im2col(imagesOf(images, first, size), geometry);
          const grads = imagesOf(gradOutput, first, size);
          return productOfLong(windows, reshape(grads, [-1, outChannels]));
        });
        return reshape(addN(products), [height.kernel, width.kernel, inChannels, outChannels]);
      });
    },
  };
}

/**
 * Divides a batch into chunks whose windows fit into one matrix. Each chunk is a pair of the index
 * of its first image and its number of images.
 */
function imageChunks(
  batch: number,
  channels: number,
  { height, width }: Geometry,
  maxElements: number,
): [first: number, size: number][] {
  const perImage = height.output * width.output * height.kernel * width.kernel * channels;
  const images = Math.max(Math.floor(maxElements / perImage), 1);
  return Array.from({ length: Math.ceil(batch / images) }, (_, chunk) => {
    const first = chunk * images;
    return [first, Math.min(images, batch - first)];
  });
}

function imagesOf(images: Tensor4D, first: number, size: number): Tensor4D {
  return size === images.shape[0] ? images : slice(images, [first, 0, 0, 0], [size, -1, -1, -1]);
}

function joined(chunks: Tensor4D[]): Tensor4D {
  return chunks.length === 1 ? chunks[0] : concat(chunks, 0);
}

/** Computes a b or a bᵀ, plus the bias if there is one. Shape: [1, rows, columns]. */
function product(a: Tensor2D, b: Tensor2D, transposeB: boolean, bias?: Tensor): Tensor3D {
  const factors = { a: reshape(a, [1, ...a.shape]), b: reshape(b, [1, ...b.shape]) };
  const attributes = { transposeA: false, transposeB };
  if (bias === undefined) return engine().runKernel('BatchMatMul', factors, attributes);
  return engine().runKernel(
    '_FusedMatMul',
    { ...factors, bias },
    { ...attributes, activation: 'linear' },
  );
}

/**
 * The number of rows that are summed at a time. It is even, because two rows share a texture's
 * pixel.
 */
const ROWS = 1024;

/**
 * Computes aᵀ b of matrices [rows, K] and [rows, C] with many rows. The product has few values, and
 * each is a long sum. One invocation per value would use few cores and have a large rounding error,
 * so each part of `ROWS` rows is summed separately, and then the sums are added.
 */
function productOfLong(a: Tensor2D, b: Tensor2D): Tensor {
  const [rows, k] = a.shape;
  const columns = b.shape[1];
  const parts = Math.ceil(rows / ROWS);
  // The height is even, so that no pixel of the texture belongs to two parts.
  const height = k + (k % 2);
  const sums: Tensor2D = runOnWebgl({
    inputs: { a, b },
    outputShape: [parts * height, columns],
    packedInputs: true,
    packedOutput: true,
    code: `
      ivec2 at = getOutputCoords();
      int part = at.x / ${height};
      int k = at.x - part * ${height};
      int end = min((part + 1) * ${ROWS}, ${rows});
      vec4 total = vec4(0.0);
      for (int row = part * ${ROWS}; row < end; row += 2) {
        vec4 a = getA(row, k);
        vec4 b = getB(row, at.y);
        total += a.xxyy * b.xyxy;
        total += a.zzww * b.zwzw;
      }
      setOutput(total);`,
  });
  return runOnWebgl({
    inputs: { m: sums },
    outputShape: [k, columns],
    packedInputs: true,
    code: `
      ivec2 at = getOutputCoords();
      float total = 0.0;
      for (int row = at.x; row < ${parts * height}; row += ${height}) {
        total += getChannel(getM(row, at.y), vec2(row, at.y));
      }
      setOutput(total);`,
  });
}

/** Returns the windows as the rows of a matrix. */
function im2col(images: Tensor4D, geometry: Geometry): Tensor2D {
  const { height, width } = geometry;
  const [batch, , , channels] = images.shape;
  if (isPointwise(height) && isPointwise(width)) return reshape(images, [-1, channels]);
  const shape = [batch * height.output * width.output, height.kernel * width.kernel * channels];
  const packedInputs = isPacked(images);
  return runOnWebgl({
    inputs: { x: images },
    outputShape: shape,
    packedInputs,
    packedOutput: true,
    functions: `
      float cell(int window, int k) {
        if (window >= ${shape[0]} || k >= ${shape[1]}) return 0.0;
        int tap = k / ${channels};
        int c = k - tap * ${channels};
        int p = tap / ${width.kernel};
        int q = tap - p * ${width.kernel};
        int row = window / ${width.output};
        int j = window - row * ${width.output};
        int n = row / ${height.output};
        int i = row - n * ${height.output};
        int y = i * ${height.stride} + p * ${height.dilation} - ${height.before};
        int z = j * ${width.stride} + q * ${width.dilation} - ${width.before};
        if (y < 0 || y >= ${height.input} || z < 0 || z >= ${width.input}) return 0.0;
        return ${packedInputs ? 'getChannel(getX(n, y, z, c), vec2(z, c))' : 'getX(n, y, z, c)'};
      }`,
    code: `
      ivec2 at = getOutputCoords();
      vec2 upper = vec2(cell(at.x, at.y), cell(at.x, at.y + 1));
      vec2 lower = vec2(cell(at.x + 1, at.y), cell(at.x + 1, at.y + 1));
      setOutput(vec4(upper, lower));`,
  });
}

/** Adds every cell of a matrix, [1, rows, K], to the pixel that it was read from. */
function col2im(
  windows: Tensor3D,
  shape: [number, number, number, number],
  geometry: Geometry,
): Tensor4D {
  const { height, width } = geometry;
  if (isPointwise(height) && isPointwise(width)) return reshape(windows, shape);
  return runOnWebgl({
    inputs: { m: reshape(windows, [windows.shape[1], windows.shape[2]]) },
    outputShape: shape,
    packedInputs: true,
    code: `
      ivec4 at = getOutputCoords();
      float total = 0.0;
      for (int p = 0; p < ${height.kernel}; p++) {
        int y = at.y + ${height.before} - p * ${height.dilation};
        int i = y / ${height.stride};
        if (y < 0 || i * ${height.stride} != y || i >= ${height.output}) continue;
        for (int q = 0; q < ${width.kernel}; q++) {
          int z = at.z + ${width.before} - q * ${width.dilation};
          int j = z / ${width.stride};
          if (z < 0 || j * ${width.stride} != z || j >= ${width.output}) continue;
          int row = (at.x * ${height.output} + i) * ${width.output} + j;
          int column = (p * ${width.kernel} + q) * ${shape[3]} + at.w;
          total += getChannel(getM(row, column), vec2(row, column));
        }
      }
      setOutput(total);`,
  });
}

/** Returns whether each window is one pixel, so that the matrix of windows is the image itself. */
function isPointwise({ kernel, stride, before, after }: Axis): boolean {
  return kernel === 1 && stride === 1 && before === 0 && after === 0;
}
