import {
  addN,
  concat,
  engine,
  reshape,
  slice,
  tidy,
  type Rank,
  type Tensor,
  type Tensor2D,
  type Tensor3D,
  type Tensor4D,
} from '@tensorflow/tfjs-core';
import type { Axis, Geometry } from '../../geometry.ts';
import { isPacked, runOnWebgl } from '../backends/webgl.ts';

/**
 * Convolution and its gradients on webgl as matrix products, which tfjs computes four numbers at a time there. The
 * windows are the rows of a matrix, [N·H_out·W_out, K] with K = K_h·K_w·C_in: in the gradient of the input its columns
 * are added up again.
 *
 * tfjs's own kernels for the gradients compute one number at a time, and leave dilation out. Its convolution makes a
 * product an image, which takes twice as long as one of all.
 */

/** y = windows w (+ b) */
export function conv2dOnWebgl(
  images: Tensor4D,
  filters: Tensor4D,
  geometry: Geometry,
  bias?: Tensor,
  most = MAX_ELEMENTS,
): Tensor4D {
  const [batch, , , inChannels] = images.shape;
  const outChannels = filters.shape[3];
  const { height, width } = geometry;
  return tidy(() => {
    const weights: Tensor2D = reshape(filters, [-1, outChannels]);
    const parts = imageChunks(batch, inChannels, geometry, most).map(([from, size]) => {
      const windows = im2col(imagesOf(images, from, size), geometry);
      return reshape<Rank.R4>(product(windows, weights, false, bias), [
        size,
        height.output,
        width.output,
        outChannels,
      ]);
    });
    return joined(parts);
  });
}

/** ∂C/∂x = col2im(g wᵀ) */
export function conv2dToInputOnWebgl(
  gradOutput: Tensor4D,
  filters: Tensor4D,
  geometry: Geometry,
  most = MAX_ELEMENTS,
): Tensor4D {
  const [, , inChannels, outChannels] = filters.shape;
  return tidy(() => {
    const weights: Tensor2D = reshape(filters, [-1, outChannels]);
    const parts = imageChunks(gradOutput.shape[0], inChannels, geometry, most).map(
      ([from, size]) => {
        const grads: Tensor2D = reshape(imagesOf(gradOutput, from, size), [-1, outChannels]);
        const windows = product(grads, weights, true);
        return col2im(
          windows,
          [size, geometry.height.input, geometry.width.input, inChannels],
          geometry,
        );
      },
    );
    return joined(parts);
  });
}

/** ∂C/∂w = windowsᵀ g */
export function conv2dToFilterOnWebgl(
  images: Tensor4D,
  gradOutput: Tensor4D,
  geometry: Geometry,
  most = MAX_ELEMENTS,
): Tensor4D {
  const [batch, , , inChannels] = images.shape;
  const outChannels = gradOutput.shape[3];
  const { height, width } = geometry;
  return tidy(() => {
    const parts = imageChunks(batch, inChannels, geometry, most).map(([from, size]) => {
      const windows = im2col(imagesOf(images, from, size), geometry);
      return productOfLong(windows, reshape(imagesOf(gradOutput, from, size), [-1, outChannels]));
    });
    return reshape(addN(parts), [height.kernel, width.kernel, inChannels, outChannels]);
  });
}

/** A matrix of windows has at most so many numbers, a quarter of a gigabyte, unless a single image has more. */
const MAX_ELEMENTS = 1 << 26;

/** The parts of a batch whose windows are one matrix: each the first image and the number of images. */
function imageChunks(
  batch: number,
  channels: number,
  { height, width }: Geometry,
  most: number,
): [from: number, size: number][] {
  const numbers = height.output * width.output * height.kernel * width.kernel * channels;
  const images = Math.max(Math.floor(most / numbers), 1);
  return Array.from({ length: Math.ceil(batch / images) }, (_, part) => {
    const from = part * images;
    return [from, Math.min(images, batch - from)];
  });
}

function imagesOf(images: Tensor4D, from: number, size: number): Tensor4D {
  return size === images.shape[0] ? images : slice(images, [from, 0, 0, 0], [size, -1, -1, -1]);
}

function joined(parts: Tensor4D[]): Tensor4D {
  return parts.length === 1 ? parts[0] : concat(parts, 0);
}

/** a b or a bᵀ (+ bias), [1, rows, columns]. */
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

/** How many rows are summed at a time: an even number, for two of them share a pixel. */
const ROWS = 1024;

/**
 * aᵀ b of matrices [rows, K] and [rows, C] with many rows. A product of few numbers, each a long sum, keeps few runs
 * busy and rounds much: so every `ROWS` rows are summed by themselves, and these sums then.
 */
function productOfLong(a: Tensor2D, b: Tensor2D): Tensor {
  const [rows, k] = a.shape;
  const columns = b.shape[1];
  const parts = Math.ceil(rows / ROWS);
  // Even, so that no pixel belongs to two parts.
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

/** The windows as the rows of a matrix. */
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
      setOutput(vec4(cell(at.x, at.y), cell(at.x, at.y + 1), cell(at.x + 1, at.y), cell(at.x + 1, at.y + 1)));`,
  });
}

/** Every cell of the matrix, [rows, K] or a batch of one, added to the pixel that it was read from. */
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

/** Whether each pixel is a window of its own. */
function isPointwise({ kernel, stride, before, after }: Axis): boolean {
  return kernel === 1 && stride === 1 && before === 0 && after === 0;
}
