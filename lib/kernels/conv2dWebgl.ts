import {
  matMul,
  reshape,
  sum,
  tidy,
  type Tensor2D,
  type Tensor3D,
  type Tensor4D,
} from '@tensorflow/tfjs-core';
import type { Geometry } from '../geometry.ts';
import { isPacked, runOnWebgl } from './webgl.ts';

/**
 * The gradients of a convolution on webgl as matrix products, which tfjs computes four numbers at a time there; its own
 * kernels for them compute one, and leave dilation out. The windows are the rows of a matrix, [N·H_out·W_out, K] with
 * K = K_h·K_w·C_in: in the gradient of the input its columns are added up again.
 */

export function conv2dToInputOnWebgl(gradOutput: Tensor4D, filters: Tensor4D, geometry: Geometry): Tensor4D {
  const outChannels = filters.shape[3];
  return tidy(() => {
    const grads: Tensor2D = reshape(gradOutput, [-1, outChannels]);
    const weights: Tensor2D = reshape(filters, [-1, outChannels]);
    return col2im(matMul(grads, weights, false, true), gradOutput.shape[0], filters.shape[2], geometry);
  });
}

export function conv2dToFilterOnWebgl(images: Tensor4D, gradOutput: Tensor4D, geometry: Geometry): Tensor4D {
  const [batch, , , inChannels] = images.shape;
  const [, rows, columns, outChannels] = gradOutput.shape;
  const { height, width } = geometry;
  // Few filters make few products, each of them long: so parts of the batch are summed by themselves, and then up.
  const parts = partsOf(batch, rows * columns);
  return tidy(() => {
    const windows: Tensor3D = reshape(im2col(images, geometry), [
      parts,
      (batch / parts) * rows * columns,
      -1,
    ]);
    const grads: Tensor3D = reshape(gradOutput, [parts, (batch / parts) * rows * columns, outChannels]);
    const products = matMul(windows, grads, true, false);
    const total = parts === 1 ? products : sum(products, 0);
    return reshape(total, [height.kernel, width.kernel, inChannels, outChannels]);
  });
}

/** How many windows are summed at a time, about. */
const WINDOWS = 1024;

function partsOf(batch: number, windowsOfImage: number): number {
  let parts = Math.min(Math.ceil((batch * windowsOfImage) / WINDOWS), batch);
  while (batch % parts !== 0) parts--;
  return parts;
}

/** The windows as the rows of a matrix. */
function im2col(images: Tensor4D, { height, width }: Geometry): Tensor2D {
  const [batch, , , channels] = images.shape;
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

/** Every cell of the matrix added to the pixel that it was read from. */
function col2im(windows: Tensor2D, batch: number, channels: number, { height, width }: Geometry): Tensor4D {
  return runOnWebgl({
    inputs: { m: windows },
    outputShape: [batch, height.input, width.input, channels],
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
          int column = (p * ${width.kernel} + q) * ${channels} + at.w;
          total += getChannel(getM(row, column), vec2(row, column));
        }
      }
      setOutput(total);`,
  });
}
