import { tidy, type Tensor, type Tensor4D } from '@tensorflow/tfjs-core';
import type { Geometry } from '../../geometry.ts';
import { numElements } from '../../shapes.ts';
import {
  perColumn,
  perElement,
  perRow,
  runOnWebgpu,
  TILE_COLUMNS,
  TILE_ROWS,
} from '../backends/webgpu.ts';
import type { Conv2dKernels } from './conv2dKernels.ts';

/**
 * Convolution and its gradients on webgpu, each computed directly from its equation. One invocation
 * of the shader computes one tile of the output. Invocations share no memory. A tile that reaches
 * beyond the end computes the last row or column several times. The code has no branches, because
 * branches take long to compile.
 *
 * tfjs's own kernels share tiles within a workgroup, whose invocations wait for each other. On a
 * software GPU, that takes thirty times as long. tfjs's gradient of the filters also ignores
 * dilation.
 */
export const webgpu: Conv2dKernels = { forward, toInput, toFilter };

function forward(
  images: Tensor4D,
  filters: Tensor4D,
  { height, width }: Geometry,
  bias?: Tensor,
): Tensor4D {
  const [kernelHeight, kernelWidth, , outChannels] = filters.shape;
  const outputShape = [images.shape[0], height.output, width.output, outChannels];
  const tiles = Math.ceil(outChannels / TILE_COLUMNS);
  const windows = numElements(outputShape.slice(0, 3));
  return runOnWebgpu({
    key: `conv2d ${bias !== undefined}`,
    inputs: { x: images, w: filters, ...(bias && { b: bias }) },
    outputShape,
    uniforms: {
      ...slidingUniforms({ height, width }),
      kernel: [kernelHeight, kernelWidth],
      tiles: [tiles],
    },
    runs: tiles * Math.ceil(windows / TILE_ROWS),
    code: () => `
      let channels = uniforms.xShape[3];
      let filters = uniforms.outShape[3];
      let o = (index % uniforms.tiles) * ${TILE_COLUMNS};
      ${perColumn((k) => `let o${k} = min(o + ${k}, filters - 1);`)}
      let first = (index / uniforms.tiles) * ${TILE_ROWS};
      let past = uniforms.outShape[0] * uniforms.outShape[1] * uniforms.outShape[2];
      ${perRow(
        (m) => `
      let window${m} = min(first + ${m}, past - 1);
      let j${m} = window${m} % uniforms.outShape[2];
      let i${m} = (window${m} / uniforms.outShape[2]) % uniforms.outShape[1];
      let n${m} = window${m} / uniforms.outShape[2] / uniforms.outShape[1];
      ${perColumn((k) => `var y${m}_${k} = ${bias ? `b[o${k}]` : '0.0'};`)}`,
      )}
      for (var p = 0; p < uniforms.kernel.x; p++) {
        for (var q = 0; q < uniforms.kernel.y; q++) {
          ${perRow((m) => metPixel(m))}
          var tap = (p * uniforms.kernel.y + q) * channels * filters;
          for (var c = 0; c < channels; c++) {
            ${perRow((m) => `let x${m} = select(0.0, x[at${m} + c], inside${m});`)}
            ${perColumn((k) => `let w${k} = w[tap + o${k}];`)}
            ${products((m, k) => `y${m}_${k}`, 'x', 'w')}
            tap += filters;
          }
        }
      }
      ${perElement((m, k) => `result[window${m} * filters + o${k}] = y${m}_${k};`)}`,
  });
}

function toInput(gradOutput: Tensor4D, filters: Tensor4D, { height, width }: Geometry): Tensor4D {
  const [kernelHeight, kernelWidth, inChannels] = filters.shape;
  const inputShape = [gradOutput.shape[0], height.input, width.input, inChannels];
  const tiles = Math.ceil(inChannels / TILE_COLUMNS);
  const pixels = numElements(inputShape.slice(0, 3));
  return runOnWebgpu({
    key: 'conv2dToInput',
    inputs: { g: gradOutput, w: filters },
    outputShape: inputShape,
    uniforms: {
      ...slidingUniforms({ height, width }),
      kernel: [kernelHeight, kernelWidth],
      tiles: [tiles],
    },
    runs: tiles * Math.ceil(pixels / TILE_ROWS),
    code: () => `
      let channels = uniforms.outShape[3];
      let filters = uniforms.gShape[3];
      let c = (index % uniforms.tiles) * ${TILE_COLUMNS};
      ${perColumn((k) => `let c${k} = min(c + ${k}, channels - 1);`)}
      let first = (index / uniforms.tiles) * ${TILE_ROWS};
      let past = uniforms.outShape[0] * uniforms.outShape[1] * uniforms.outShape[2];
      ${perRow(
        (m) => `
      let pixel${m} = min(first + ${m}, past - 1);
      let column${m} = pixel${m} % uniforms.outShape[2] + uniforms.before.y;
      let row${m} = (pixel${m} / uniforms.outShape[2]) % uniforms.outShape[1] + uniforms.before.x;
      let n${m} = pixel${m} / uniforms.outShape[2] / uniforms.outShape[1];
      ${perColumn((k) => `var x${m}_${k} = 0.0;`)}`,
      )}
      for (var p = 0; p < uniforms.kernel.x; p++) {
        for (var q = 0; q < uniforms.kernel.y; q++) {
          // The window whose cell (p, q) lies on the pixel, if there is one.
          ${perRow(
            (m) => `
          let down${m} = row${m} - p * uniforms.dilation.x;
          let right${m} = column${m} - q * uniforms.dilation.y;
          let i${m} = down${m} / uniforms.stride.x;
          let j${m} = right${m} / uniforms.stride.y;
          let meets${m} = (down${m} >= 0) & (right${m} >= 0) &
            (i${m} * uniforms.stride.x == down${m}) & (j${m} * uniforms.stride.y == right${m}) &
            (i${m} < uniforms.gShape[1]) & (j${m} < uniforms.gShape[2]);
          let line${m} = n${m} * uniforms.gShape[1] + i${m};
          let at${m} = (line${m} * uniforms.gShape[2] + j${m}) * filters;`,
          )}
          let tap = (p * uniforms.kernel.y + q) * channels;
          ${perColumn((k) => `let from${k} = (tap + c${k}) * filters;`)}
          for (var o = 0; o < filters; o++) {
            ${perRow((m) => `let g${m} = select(0.0, g[at${m} + o], meets${m});`)}
            ${perColumn((k) => `let w${k} = w[from${k} + o];`)}
            ${products((m, k) => `x${m}_${k}`, 'g', 'w')}
          }
        }
      }
      ${perElement((m, k) => `result[pixel${m} * channels + c${k}] = x${m}_${k};`)}`,
  });
}

function toFilter(images: Tensor4D, gradOutput: Tensor4D, { height, width }: Geometry): Tensor4D {
  const [batch, , , inChannels] = images.shape;
  const outChannels = gradOutput.shape[3];
  const filterShape = [height.kernel, width.kernel, inChannels, outChannels];
  const rows = height.kernel * width.kernel * inChannels;
  const tiles = Math.ceil(outChannels / TILE_COLUMNS);
  const runs = tiles * Math.ceil(rows / TILE_ROWS);
  // With few filters there are few invocations, so the rows of windows are divided into parts. The
  // sums of the parts are added afterwards.
  const parts = Math.min(Math.ceil(TARGET_RUNS / runs), batch * height.output);
  const share = Math.ceil((batch * height.output) / parts);
  return tidy(() => {
    const sums: Tensor = runOnWebgpu({
      key: 'conv2dToFilter',
      inputs: { x: images, g: gradOutput },
      outputShape: [parts, rows, outChannels],
      uniforms: {
        ...slidingUniforms({ height, width }),
        kernelWidth: [width.kernel],
        tiles: [tiles],
        runsOfPart: [runs],
        share: [share],
      },
      runs: runs * parts,
      code: () => `
      let channels = uniforms.xShape[3];
      let filters = uniforms.gShape[3];
      let part = index / uniforms.runsOfPart;
      let tile = index % uniforms.runsOfPart;
      let o = (tile % uniforms.tiles) * ${TILE_COLUMNS};
      ${perColumn((k) => `let o${k} = min(o + ${k}, filters - 1);`)}
      let first = (tile / uniforms.tiles) * ${TILE_ROWS};
      let past = uniforms.outShape[1];
      ${perRow(
        (m) => `
      let row${m} = min(first + ${m}, past - 1);
      let c${m} = row${m} % channels;
      let tap${m} = row${m} / channels;
      let left${m} = tap${m} % uniforms.kernelWidth * uniforms.dilation.y - uniforms.before.y;
      let top${m} = tap${m} / uniforms.kernelWidth * uniforms.dilation.x - uniforms.before.x;
      ${perColumn((k) => `var w${m}_${k} = 0.0;`)}`,
      )}
      let end = min((part + 1) * uniforms.share, uniforms.gShape[0] * uniforms.gShape[1]);
      for (var line = part * uniforms.share; line < end; line++) {
        let n = line / uniforms.gShape[1];
        let i = line % uniforms.gShape[1];
        ${perRow(
          (m) => `
        let y${m} = i * uniforms.stride.x + top${m};
        let inRow${m} = (y${m} >= 0) & (y${m} < uniforms.xShape[1]);
        let start${m} = (n * uniforms.xShape[1] + y${m}) * uniforms.xShape[2] * channels + c${m};`,
        )}
        var at = line * uniforms.gShape[2] * filters;
        for (var j = 0; j < uniforms.gShape[2]; j++) {
          ${perRow(
            (m) => `
          let z${m} = j * uniforms.stride.y + left${m};
          let inside${m} = inRow${m} & (z${m} >= 0) & (z${m} < uniforms.xShape[2]);
          let x${m} = select(0.0, x[start${m} + z${m} * channels], inside${m});`,
          )}
          ${perColumn((k) => `let g${k} = g[at + o${k}];`)}
          ${products((m, k) => `w${m}_${k}`, 'x', 'g')}
          at += filters;
        }
      }
      ${perElement((m, k) => `result[(part * past + row${m}) * filters + o${k}] = w${m}_${k};`)}`,
    });
    return sumParts(sums, filterShape);
  });
}

/** The number of invocations that keeps all cores of a GPU busy. */
const TARGET_RUNS = 8192;

/** Returns the sum over the first axis, in the given shape. */
function sumParts(parts: Tensor, shape: readonly number[]): Tensor4D {
  return runOnWebgpu({
    key: 'sumParts',
    inputs: { x: parts },
    outputShape: shape,
    uniforms: { parts: [parts.shape[0]] },
    runs: numElements(shape),
    code: () => `
      var sum = 0.0;
      for (var part = 0; part < uniforms.parts; part++) { sum += x[part * uniforms.runs + index]; }
      result[index] = sum;`,
  });
}

function slidingUniforms({ height, width }: Geometry) {
  return {
    stride: [height.stride, width.stride],
    before: [height.before, width.before],
    dilation: [height.dilation, width.dilation],
  };
}

/**
 * Returns code for the pixel that kernel element (p, q) covers in window m: its index, and whether
 * it lies in the image.
 */
function metPixel(m: number): string {
  return `
          let row${m} = i${m} * uniforms.stride.x + p * uniforms.dilation.x - uniforms.before.x;
          let column${m} = j${m} * uniforms.stride.y + q * uniforms.dilation.y - uniforms.before.y;
          let inside${m} = (row${m} >= 0) & (row${m} < uniforms.xShape[1]) &
            (column${m} >= 0) & (column${m} < uniforms.xShape[2]);
          let line${m} = n${m} * uniforms.xShape[1] + row${m};
          let at${m} = (line${m} * uniforms.xShape[2] + column${m}) * channels;`;
}

/** Returns code that adds the products of a tile: sum(m, k) += a_m b_k. */
function products(sum: (m: number, k: number) => string, a: string, b: string): string {
  return perElement((m, k) => `${sum(m, k)} = fma(${a}${m}, ${b}${k}, ${sum(m, k)});`);
}
