import { tidy, type Tensor, type Tensor4D } from '@tensorflow/tfjs-core';
import type { Geometry } from '../../geometry.ts';
import { numElements } from '../../init/initializers.ts';
import { runOnWebgpu, unroll } from '../backends/webgpu.ts';

/**
 * Convolution and its gradients on webgpu, each as the plain sum that it is: a run computes a tile of `HIGH` by `WIDE`
 * outputs, so that each number it reads serves for several products. Nothing is shared among runs. A tile that reaches
 * over the end computes the last row or column again, and no run branches, for branches take long to compile.
 *
 * tfjs's own kernels share tiles among the runs of a group, which wait for each other. Where a processor plays the
 * graphics card that takes thirty times as long. Its gradient of the filters leaves dilation out.
 */
const HIGH = 8;
const WIDE = 4;

export function conv2dOnWebgpu(
  images: Tensor4D,
  filters: Tensor4D,
  { height, width }: Geometry,
  bias?: Tensor,
): Tensor4D {
  const [kernelHeight, kernelWidth, , outChannels] = filters.shape;
  const outputShape = [images.shape[0], height.output, width.output, outChannels];
  const tiles = Math.ceil(outChannels / WIDE);
  const windows = numElements(outputShape.slice(0, 3));
  return runOnWebgpu({
    key: `conv2d ${bias !== undefined}`,
    inputs: { x: images, w: filters, ...(bias && { b: bias }) },
    outputShape,
    uniforms: { ...slide({ height, width }), kernel: [kernelHeight, kernelWidth], tiles: [tiles] },
    runs: tiles * Math.ceil(windows / HIGH),
    code: () => `
      let channels = uniforms.xShape[3];
      let filters = uniforms.outShape[3];
      let o = (index % uniforms.tiles) * ${WIDE};
      ${unroll(WIDE, (k) => `let o${k} = min(o + ${k}, filters - 1);`)}
      let first = (index / uniforms.tiles) * ${HIGH};
      let past = uniforms.outShape[0] * uniforms.outShape[1] * uniforms.outShape[2];
      ${unroll(
        HIGH,
        (m) => `
      let window${m} = min(first + ${m}, past - 1);
      let j${m} = window${m} % uniforms.outShape[2];
      let i${m} = (window${m} / uniforms.outShape[2]) % uniforms.outShape[1];
      let n${m} = window${m} / uniforms.outShape[2] / uniforms.outShape[1];
      ${unroll(WIDE, (k) => `var y${m}_${k} = ${bias ? `b[o${k}]` : '0.0'};`)}`,
      )}
      for (var p = 0; p < uniforms.kernel.x; p++) {
        for (var q = 0; q < uniforms.kernel.y; q++) {
          ${unroll(HIGH, (m) => pixelOf(m))}
          var tap = (p * uniforms.kernel.y + q) * channels * filters;
          for (var c = 0; c < channels; c++) {
            ${unroll(HIGH, (m) => `let x${m} = select(0.0, x[at${m} + c], inside${m});`)}
            ${unroll(WIDE, (k) => `let w${k} = w[tap + o${k}];`)}
            ${products((m, k) => `y${m}_${k}`, 'x', 'w')}
            tap += filters;
          }
        }
      }
      ${unroll(HIGH, (m) => unroll(WIDE, (k) => `result[window${m} * filters + o${k}] = y${m}_${k};`))}`,
  });
}

export function conv2dToInputOnWebgpu(
  gradOutput: Tensor4D,
  filters: Tensor4D,
  { height, width }: Geometry,
): Tensor4D {
  const [kernelHeight, kernelWidth, inChannels] = filters.shape;
  const inputShape = [gradOutput.shape[0], height.input, width.input, inChannels];
  const tiles = Math.ceil(inChannels / WIDE);
  const pixels = numElements(inputShape.slice(0, 3));
  return runOnWebgpu({
    key: 'conv2dToInput',
    inputs: { g: gradOutput, w: filters },
    outputShape: inputShape,
    uniforms: { ...slide({ height, width }), kernel: [kernelHeight, kernelWidth], tiles: [tiles] },
    runs: tiles * Math.ceil(pixels / HIGH),
    code: () => `
      let channels = uniforms.outShape[3];
      let filters = uniforms.gShape[3];
      let c = (index % uniforms.tiles) * ${WIDE};
      ${unroll(WIDE, (k) => `let c${k} = min(c + ${k}, channels - 1);`)}
      let first = (index / uniforms.tiles) * ${HIGH};
      let past = uniforms.outShape[0] * uniforms.outShape[1] * uniforms.outShape[2];
      ${unroll(
        HIGH,
        (m) => `
      let pixel${m} = min(first + ${m}, past - 1);
      let column${m} = pixel${m} % uniforms.outShape[2] + uniforms.before.y;
      let row${m} = (pixel${m} / uniforms.outShape[2]) % uniforms.outShape[1] + uniforms.before.x;
      let n${m} = pixel${m} / uniforms.outShape[2] / uniforms.outShape[1];
      ${unroll(WIDE, (k) => `var x${m}_${k} = 0.0;`)}`,
      )}
      for (var p = 0; p < uniforms.kernel.x; p++) {
        for (var q = 0; q < uniforms.kernel.y; q++) {
          // The window whose tap (p, q) meets the pixel, if there is one.
          ${unroll(
            HIGH,
            (m) => `
          let down${m} = row${m} - p * uniforms.dilation.x;
          let right${m} = column${m} - q * uniforms.dilation.y;
          let i${m} = down${m} / uniforms.stride.x;
          let j${m} = right${m} / uniforms.stride.y;
          let meets${m} = (down${m} >= 0) & (right${m} >= 0) & (i${m} * uniforms.stride.x == down${m}) &
            (j${m} * uniforms.stride.y == right${m}) & (i${m} < uniforms.gShape[1]) & (j${m} < uniforms.gShape[2]);
          let at${m} = ((n${m} * uniforms.gShape[1] + i${m}) * uniforms.gShape[2] + j${m}) * filters;`,
          )}
          let tap = (p * uniforms.kernel.y + q) * channels;
          ${unroll(WIDE, (k) => `let from${k} = (tap + c${k}) * filters;`)}
          for (var o = 0; o < filters; o++) {
            ${unroll(HIGH, (m) => `let g${m} = select(0.0, g[at${m} + o], meets${m});`)}
            ${unroll(WIDE, (k) => `let w${k} = w[from${k} + o];`)}
            ${products((m, k) => `x${m}_${k}`, 'g', 'w')}
          }
        }
      }
      ${unroll(HIGH, (m) => unroll(WIDE, (k) => `result[pixel${m} * channels + c${k}] = x${m}_${k};`))}`,
  });
}

export function conv2dToFilterOnWebgpu(
  images: Tensor4D,
  gradOutput: Tensor4D,
  { height, width }: Geometry,
): Tensor4D {
  const [batch, , , inChannels] = images.shape;
  const outChannels = gradOutput.shape[3];
  const filterShape = [height.kernel, width.kernel, inChannels, outChannels];
  const rows = height.kernel * width.kernel * inChannels;
  const tiles = Math.ceil(outChannels / WIDE);
  const runs = tiles * Math.ceil(rows / HIGH);
  // Few filters make few runs, so rows of windows are shared out among parts, which are summed up afterwards.
  const parts = Math.min(Math.ceil(ENOUGH_RUNS / runs), batch * height.output);
  const share = Math.ceil((batch * height.output) / parts);
  return tidy(() => {
    const sums: Tensor = runOnWebgpu({
      key: 'conv2dToFilter',
      inputs: { x: images, g: gradOutput },
      outputShape: [parts, rows, outChannels],
      uniforms: {
        ...slide({ height, width }),
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
      let o = (tile % uniforms.tiles) * ${WIDE};
      ${unroll(WIDE, (k) => `let o${k} = min(o + ${k}, filters - 1);`)}
      let first = (tile / uniforms.tiles) * ${HIGH};
      let past = uniforms.outShape[1];
      ${unroll(
        HIGH,
        (m) => `
      let row${m} = min(first + ${m}, past - 1);
      let c${m} = row${m} % channels;
      let left${m} = (row${m} / channels) % uniforms.kernelWidth * uniforms.dilation.y - uniforms.before.y;
      let top${m} = row${m} / channels / uniforms.kernelWidth * uniforms.dilation.x - uniforms.before.x;
      ${unroll(WIDE, (k) => `var w${m}_${k} = 0.0;`)}`,
      )}
      let end = min((part + 1) * uniforms.share, uniforms.gShape[0] * uniforms.gShape[1]);
      for (var line = part * uniforms.share; line < end; line++) {
        let n = line / uniforms.gShape[1];
        let i = line % uniforms.gShape[1];
        ${unroll(
          HIGH,
          (m) => `
        let y${m} = i * uniforms.stride.x + top${m};
        let inRow${m} = (y${m} >= 0) & (y${m} < uniforms.xShape[1]);
        let start${m} = (n * uniforms.xShape[1] + y${m}) * uniforms.xShape[2] * channels + c${m};`,
        )}
        var at = line * uniforms.gShape[2] * filters;
        for (var j = 0; j < uniforms.gShape[2]; j++) {
          ${unroll(
            HIGH,
            (m) => `
          let z${m} = j * uniforms.stride.y + left${m};
          let x${m} = select(0.0, x[start${m} + z${m} * channels], inRow${m} & (z${m} >= 0) & (z${m} < uniforms.xShape[2]));`,
          )}
          ${unroll(WIDE, (k) => `let g${k} = g[at + o${k}];`)}
          ${products((m, k) => `w${m}_${k}`, 'x', 'g')}
          at += filters;
        }
      }
      ${unroll(HIGH, (m) => unroll(WIDE, (k) => `result[(part * past + row${m}) * filters + o${k}] = w${m}_${k};`))}`,
    });
    return sumOfParts(sums, filterShape);
  });
}

/** As many as keep a graphics card busy. */
const ENOUGH_RUNS = 8192;

/** The sum over the first axis, in another shape. */
function sumOfParts(parts: Tensor, shape: readonly number[]): Tensor4D {
  return runOnWebgpu({
    key: 'sumOfParts',
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

function slide({ height, width }: Geometry) {
  return {
    stride: [height.stride, width.stride],
    before: [height.before, width.before],
    dilation: [height.dilation, width.dilation],
  };
}

/** Where the pixel that tap (p, q) of window m meets starts, and whether it lies inside the image. */
function pixelOf(m: number): string {
  return `
          let row${m} = i${m} * uniforms.stride.x + p * uniforms.dilation.x - uniforms.before.x;
          let column${m} = j${m} * uniforms.stride.y + q * uniforms.dilation.y - uniforms.before.y;
          let inside${m} = (row${m} >= 0) & (row${m} < uniforms.xShape[1]) & (column${m} >= 0) & (column${m} < uniforms.xShape[2]);
          let at${m} = ((n${m} * uniforms.xShape[1] + row${m}) * uniforms.xShape[2] + column${m}) * channels;`;
}

/** sum(m, k) += a_m b_k over the tile */
function products(sum: (m: number, k: number) => string, a: string, b: string): string {
  return unroll(HIGH, (m) =>
    unroll(WIDE, (k) => `${sum(m, k)} = fma(${a}${m}, ${b}${k}, ${sum(m, k)});`),
  );
}
