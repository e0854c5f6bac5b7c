import type { Tensor, Tensor4D } from '@tensorflow/tfjs-core';
import type { Axis, Geometry } from '../../geometry.ts';
import {
  axisFields,
  isInside,
  PANEL,
  panelsWidth,
  reach,
  rowsOfStrip,
  TILE,
  type AxisFields,
} from '../simd/layout.ts';
import { wasmSimd as surelyFinite } from '../reduce/surelyFiniteSimd.ts';
import { simdOf, unitsOf } from '../simd/simd.ts';

/*
 * Convolution and its gradients on wasm by boxprop's own kernels, which read the windows directly
 * from the images. A group is a range of channels.
 */

/**
 * The largest number of values in the cells of a strip. They fit into the second-level cache
 * together with a panel of filters.
 */
const STRIP = 2 ** 14;
/**
 * The limit of a strip for the gradient of the filters, in which each tile of taps reads the strip
 * once.
 */
const FILTER_STRIP = 2 ** 15;
/**
 * The largest number of windows in a strip. It is limited because the terms of the windows are
 * summed in single precision.
 */
const MOST_WINDOWS = 2 ** 11;
/**
 * The largest number of windows in a strip of several small images, which then fit into the
 * first-level cache.
 */
const WINDOWS_AT_ONCE = 2 ** 9;

export const wasmSimd = {
  forward(
    images: Tensor4D,
    filters: Tensor4D,
    { height, width }: Geometry,
    bias?: Tensor,
    groups = 1,
  ): Tensor4D {
    const [batch, , , pixel] = images.shape;
    const outputs = filters.shape[3];
    const output = simdOf().output<Tensor4D>([batch, height.output, width.output, outputs]);
    // If a filter value is not finite, its product with a zero of the padding is NaN and belongs to
    // the result. In that case no tap is left out.
    const alike = alikePixels(filters, [height, width], 0);
    const [channels, perGroup] = [pixel / groups, outputs / groups];
    const [kernelHeight, kernelWidth] = [height.kernel, width.kernel];
    for (let group = 0; group < groups; group++) {
      convolve({
        images: { tensor: images, channel: group * channels, channels },
        height,
        width,
        pack: {
          tensor: filters,
          start: group * perGroup,
          taps: [kernelHeight, kernelWidth * channels * outputs, kernelWidth, channels * outputs],
          terms: [channels, outputs],
          columns: [perGroup, 1],
        },
        output,
        start: group * perGroup,
        steps: [height.output * width.output * outputs, width.output * outputs, outputs],
        alike,
        bias,
        biasStart: group * perGroup,
      });
    }
    return output;
  },

  toInput(gradOutput: Tensor4D, filters: Tensor4D, geometry: Geometry, groups = 1): Tensor4D {
    const { height, width } = geometry;
    const [batch, , , outputs] = gradOutput.shape;
    const [perGroup, channels] = [outputs / groups, filters.shape[2]];
    const pixel = channels * groups;
    const gradInput = simdOf().output<Tensor4D>([batch, height.input, width.input, pixel]);
    const [rows, columns] = [phasesOf(height), phasesOf(width)];
    // The gradients have no padding: windows beyond the border do not exist. If a filter value is
    // not finite, each pixel leaves out exactly the taps of such windows.
    const axes = [...rows, ...columns].map(({ axis }) => axis);
    const alike = alikePixels(filters, axes, 1);
    const tapSize = channels * outputs;
    // If an axis has a phase without taps, no window reads the pixels of this phase. Their gradient
    // is 0, but nothing writes it, so it is set to 0 here.
    if ([...rows, ...columns].some(({ axis }) => axis.kernel === 0)) simdOf().clear(gradInput);
    for (let group = 0; group < groups; group++) {
      for (const row of rows) {
        for (const column of columns) {
          if (row.axis.kernel === 0 || column.axis.kernel === 0) continue;
          convolve({
            images: { tensor: gradOutput, channel: group * perGroup, channels: perGroup },
            height: row.axis,
            width: column.axis,
            pack: {
              tensor: filters,
              start: (row.lastTap * width.kernel + column.lastTap) * tapSize + group * perGroup,
              taps: [
                row.axis.kernel,
                -row.tapStep * width.kernel * tapSize,
                column.axis.kernel,
                -column.tapStep * tapSize,
              ],
              terms: [perGroup, 1],
              columns: [channels, outputs],
            },
            output: gradInput,
            start: (row.first * width.input + column.first) * pixel + group * channels,
            steps: [
              height.input * width.input * pixel,
              height.stride * width.input * pixel,
              width.stride * pixel,
            ],
            alike,
          });
        }
      }
    }
    return gradInput;
  },

  toFilter(
    images: Tensor4D,
    gradOutput: Tensor4D,
    { height, width }: Geometry,
    groups = 1,
  ): Tensor4D {
    const simd = simdOf();
    const [batch, , , pixel] = images.shape;
    const outputs = gradOutput.shape[3];
    const [channels, perGroup] = [pixel / groups, outputs / groups];
    const shape = [height.kernel, width.kernel, channels, outputs];
    const gradFilters = simd.output<Tensor4D>(shape);
    if (batch === 0) simd.clear(gradFilters);
    const stripRows = Math.min(
      rowsOfStrip(height, width, channels, FILTER_STRIP),
      Math.max(Math.floor(MOST_WINDOWS / width.output), 1),
    );
    const cells = reach(height, stripRows) * reach(width, width.output) * channels;
    const windows = stripRows * width.output;
    const most = Math.min(FILTER_STRIP / cells, WINDOWS_AT_ONCE / windows, batch);
    const stripImages = stripRows < height.output ? 1 : Math.max(Math.floor(most), 1);
    const scratch = stripImages * (cells + windows * (panelsWidth(perGroup) + TILE));
    const tiles = unitsOf(height.kernel * width.kernel * channels, TILE);
    for (let group = 0; group < groups; group++) {
      simd.run(
        'conv2dFilter',
        batch === 0 ? 0 : tiles,
        [
          simd.addressOf(images) + 4 * group * channels,
          ...[channels, pixel, ...axisFields(height), ...axisFields(width)],
          simd.addressOf(gradOutput) + 4 * group * perGroup,
          simd.addressOf(gradFilters) + 4 * group * perGroup,
          ...[batch, perGroup, outputs, outputs, stripRows, stripImages],
        ],
        { scratch, work: gradOutput.size * height.kernel * width.kernel * channels },
      );
    }
    return gradFilters;
  },
};

/** The arguments of `convolve`. All distances are counted in values. */
interface Convolution {
  /** The images, of which only the channels from the first one on are read. */
  readonly images: {
    readonly tensor: Tensor4D;
    readonly channel: number;
    readonly channels: number;
  };
  readonly height: AxisFields;
  readonly width: AxisFields;
  /**
   * The filters: for each axis, the size and the distance between neighbouring elements, as in
   * `struct Pack`.
   */
  readonly pack: {
    readonly tensor: Tensor;
    readonly start: number;
    readonly taps: readonly [number, number, number, number];
    readonly terms: readonly [number, number];
    readonly columns: readonly [number, number];
  };
  readonly output: Tensor4D;
  /**
   * The index of the first value to write, and the distances between neighbouring images, rows and
   * pixels.
   */
  readonly start: number;
  readonly steps: readonly [number, number, number];
  /** The number of neighbouring pixels that leave out a tap together; see `struct Conv2d`. */
  readonly alike: number;
  readonly bias?: Tensor | undefined;
  readonly biasStart?: number;
}

/**
 * Returns `alike` of `struct Conv2d`: `otherwise` if a filter is not finite. If no window reaches
 * into the padding, the kernel does not use this number, so the filters are not checked.
 */
function alikePixels(filters: Tensor, axes: readonly AxisFields[], otherwise: 0 | 1): number {
  return axes.every(isInside) || surelyFinite(filters) ? TILE : otherwise;
}

function convolve(c: Convolution): void {
  const simd = simdOf();
  const { tensor, channel, channels } = c.images;
  const { height, width, pack } = c;
  const [outputs] = pack.columns;
  const terms = height.kernel * width.kernel * pack.terms[0];
  const stripRows = rowsOfStrip(height, width, channels, STRIP);
  const scratch = reach(height, stripRows) * reach(width, width.output) * channels;
  simd.withRoom(terms * panelsWidth(outputs), (packed) => {
    const fields = [packed, ...pack.taps, ...pack.terms, ...pack.columns];
    simd.run(
      'pack',
      unitsOf(outputs, PANEL),
      [simd.addressOf(pack.tensor) + 4 * pack.start, ...fields],
      { work: terms * outputs },
    );
    simd.run(
      'conv2d',
      tensor.shape[0] * height.output,
      [
        simd.addressOf(tensor) + 4 * channel,
        ...[channels, tensor.shape[3], ...axisFields(height), ...axisFields(width)],
        packed,
        simd.addressOf(c.output) + 4 * c.start,
        c.bias === undefined ? 0 : simd.addressOf(c.bias) + 4 * (c.biasStart ?? 0),
        ...[outputs, ...c.steps, stripRows, c.alike],
      ],
      { scratch, work: tensor.shape[0] * height.output * width.output * outputs * terms },
    );
  });
}

/**
 * Every s-th pixel of one axis of the gradient of the input, from `first` on, where s is the
 * stride. These pixels lie under the taps lastTap, lastTap − tapStep, ... of the kernel. Their
 * gradient is a convolution with stride 1 of the gradients of the windows with these taps.
 */
interface Phase {
  readonly first: number;
  readonly lastTap: number;
  readonly tapStep: number;
  readonly axis: AxisFields;
}

/**
 * Returns the phases of an axis, one for each remainder of a pixel's index divided by the stride.
 *
 * Pixel y lies under tap p of window i if y = i·s + p·d − before. So p·d ≡ y + before modulo s,
 * which holds for every (s/gcd(s, d))-th tap.
 */
function phasesOf({ input, output, kernel, stride, dilation, before }: Axis): Phase[] {
  const tapStep = stride / greatestCommonDivisor(stride, dilation);
  return Array.from({ length: Math.min(stride, input) }, (_, first) => {
    const taps = Array.from({ length: kernel }, (_, p) => p).filter(
      (p) => (p * dilation - first - before) % stride === 0,
    );
    const lastTap = taps.at(-1) ?? 0;
    const axis = {
      input: output,
      output: Math.ceil((input - first) / stride),
      kernel: taps.length,
      stride: 1,
      dilation: (tapStep * dilation) / stride,
      before: (lastTap * dilation - first - before) / stride,
    };
    return { first, lastTap, tapStep, axis };
  });
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}
