import { numElements } from '../../lib/shapes.ts';
import {
  axisGeometry,
  type ConvPadding,
  type Padding,
  type Padding1D,
  type PaddingMode,
} from '../../lib/geometry.ts';
import type { Padding3D, Three } from '../../lib/volume.ts';
import { windowsInside } from '../../lib/kernels/conv2d/im2col.ts';
import { Conv1D } from '../../modules/conv1d.ts';
import { Conv2D } from '../../modules/conv2d.ts';
import { Conv3D } from '../../modules/conv3d.ts';
import { ConvTranspose2D } from '../../modules/convTranspose2d.ts';
import { DepthwiseConv2D } from '../../modules/depthwiseConv2d.ts';
import { LocallyConnected1D } from '../../modules/locallyConnected1d.ts';
import { LocallyConnected2D } from '../../modules/locallyConnected2d.ts';
import { Pad2D } from '../../modules/pad2d.ts';
import { describeCase, type CheckedModule, type Case, type Cases, type Draw } from '../case.ts';

const MODES: readonly PaddingMode[] = ['zeros', 'reflect', 'replicate', 'circular'];

/** The padding of one axis, or the numbers of cells before and after it. */
type AxisPadding = Padding1D | readonly [before: number, after: number];

/**
 * Small kernels for locally connected boxes, because these have different filters at each position.
 */
const SHORT = { kernels: 3, dilations: 1 };

/**
 * The limit for the number of elements of an input with two examples. More elements would only take
 * longer.
 */
const MAX_ELEMENTS = 60;

function caseOf(
  draw: Draw,
  name: string,
  args: readonly unknown[],
  box: CheckedModule,
  shape: readonly number[],
): Case {
  return { config: describeCase(name, args, shape), box, input: draw.normal(shape) };
}

/**
 * Draws a kernel along one axis. Depending on the stride, the windows overlap, touch or leave gaps.
 */
function drawAxis(draw: Draw, { kernels = 4, dilations = 3 } = {}) {
  const kernel = draw.integer(1, kernels);
  const dilation = draw.integer(1, kernel < 4 ? dilations : 1);
  return { kernel, dilation, stride: draw.integer(1, 3) };
}

type Drawn = ReturnType<typeof drawAxis>;

/**
 * Draws the number of padding cells on each side of an axis. Sometimes it is larger than the
 * kernel.
 */
function drawCells(draw: Draw, { kernel }: Drawn): number {
  return draw.integer(0, draw.chance(0.2) ? kernel + 1 : kernel - 1);
}

/** Draws padding of any kind: a word, one number for both axes, or one number per axis. */
function drawPadding(draw: Draw, height: Drawn, width: Drawn): Padding {
  const [rows, columns] = [drawCells(draw, height), drawCells(draw, width)];
  return draw.pick<Padding>('valid', 'same', Math.min(rows, columns), [rows, columns]);
}

/**
 * Draws the length of an axis. The smallest possible length has room for a window, places a kernel
 * element on a cell of the input, and has enough cells for mirrored padding. Up to three cells are
 * added, so that the last window may leave some cells unused.
 */
function drawLength(draw: Draw, { kernel, stride, dilation }: Drawn, padding: AxisPadding): number {
  const good = (length: number) => {
    const axis = axisGeometry(length, kernel, stride, dilation, padding);
    const met = Array.from({ length: kernel }, (_, tap) => windowsInside(axis, tap)).some(
      ([i, past]) => i < past,
    );
    return axis.output >= 1 && met && Math.max(axis.before, axis.after) < length;
  };
  let least = 1;
  while (!good(least)) least++;
  const more = least + draw.integer(0, 3);
  return good(more) ? more : least;
}

/** Draws padding as `drawPadding` does, or one number per side. */
function drawConvPadding(draw: Draw, height: Drawn, width: Drawn): ConvPadding {
  if (draw.chance(0.7)) return drawPadding(draw, height, width);
  const sides = (axis: Drawn) => [drawCells(draw, axis), drawCells(draw, axis)] as const;
  return [sides(height), sides(width)];
}

/** Returns the padding of one axis. */
function along(padding: ConvPadding, at: 0 | 1): AxisPadding {
  return typeof padding === 'object' ? padding[at] : padding;
}

/**
 * Draws the numbers of input and output channels. There are at least two output channels, because
 * the terms of a gradient with a single channel may happen to cancel almost completely, and then
 * single precision has no correct digits.
 */
function drawChannels(draw: Draw, groups: number): [inChannels: number, outChannels: number] {
  if (groups > 1)
    return [groups * draw.integer(1, groups === 2 ? 2 : 1), groups * draw.integer(1, 2)];
  return [draw.integer(1, 3), draw.integer(2, 3)];
}

/**
 * Draws the shape of a batch of images. A small image may have a batch of one or two examples, and
 * a large one has a batch of one.
 */
function drawShape(draw: Draw, image: readonly number[]): number[] {
  return [2 * numElements(image) <= MAX_ELEMENTS ? draw.integer(1, 2) : 1, ...image];
}

/** The cases of the convolutions and of padding. */
export const cases: Cases = {
  Conv2D: (draw) => {
    const [height, width] = [drawAxis(draw), drawAxis(draw)];
    const kernel: [number, number] = [height.kernel, width.kernel];
    const padding = drawConvPadding(draw, height, width);
    const groups = draw.pick(1, 1, 2, 3);
    const [inChannels, outChannels] = drawChannels(draw, groups);
    const options = {
      stride: [height.stride, width.stride] as const,
      padding,
      paddingMode: draw.pick(...MODES),
      dilation: [height.dilation, width.dilation] as const,
      groups,
      bias: draw.chance(0.7),
    };
    const image = [
      drawLength(draw, height, along(padding, 0)),
      drawLength(draw, width, along(padding, 1)),
      inChannels,
    ];
    const args = [inChannels, outChannels, kernel, options] as const;
    const box = new Conv2D(inChannels, outChannels, kernel, { ...options, rng: draw.rng });
    return caseOf(draw, 'Conv2D', args, box, drawShape(draw, image));
  },
  Conv3D: (draw) => {
    const axes = [1, 2, 3].map(() => drawAxis(draw, { kernels: 2, dilations: 2 }));
    const three = (of: (axis: Drawn) => number): Three => [of(axes[0]), of(axes[1]), of(axes[2])];
    const kernel = three((axis) => axis.kernel);
    const cells = three((axis) => drawCells(draw, axis));
    const padding = draw.pick<Padding3D>('valid', 'same', Math.min(...cells), cells);
    const groups = draw.pick(1, 1, 2);
    const [inChannels, outChannels] = drawChannels(draw, groups);
    const options = {
      stride: three((axis) => axis.stride),
      padding,
      dilation: three((axis) => axis.dilation),
      groups,
      bias: draw.chance(0.7),
    };
    const sides = (k: number) => (typeof padding === 'object' ? padding[k] : padding);
    const volume = axes.map((axis, k) => drawLength(draw, axis, sides(k)));
    const args = [inChannels, outChannels, kernel, options] as const;
    const box = new Conv3D(inChannels, outChannels, kernel, { ...options, rng: draw.rng });
    return caseOf(draw, 'Conv3D', args, box, drawShape(draw, [...volume, inChannels]));
  },
  Conv1D: (draw) => {
    const axis = drawAxis(draw);
    const padding = draw.pick<Padding1D>('valid', 'same', drawCells(draw, axis));
    const groups = draw.pick(1, 1, 2, 3);
    const [inChannels, outChannels] = drawChannels(draw, groups);
    const options = {
      stride: axis.stride,
      padding,
      paddingMode: draw.pick(...MODES),
      dilation: axis.dilation,
      groups,
      bias: draw.chance(0.7),
    };
    const args = [inChannels, outChannels, axis.kernel, options] as const;
    const box = new Conv1D(inChannels, outChannels, axis.kernel, { ...options, rng: draw.rng });
    return caseOf(
      draw,
      'Conv1D',
      args,
      box,
      drawShape(draw, [drawLength(draw, axis, padding), inChannels]),
    );
  },
  ConvTranspose2D: (draw) => {
    const [height, width] = [drawAxis(draw), drawAxis(draw)];
    const kernel: [number, number] = [height.kernel, width.kernel];
    const groups = draw.pick(1, 1, 2);
    const [inChannels, outChannels] = drawChannels(draw, groups);
    const image = [draw.integer(1, 3), draw.integer(2, 3)];
    // The padding crops the output. Part of the kernel must remain in the output, because otherwise
    // only the bias would be checked.
    const cells = (axis: Drawn, length: number) => {
      const cut = draw.integer(0, 2);
      const last = (length - 1) * axis.stride + axis.dilation * (axis.kernel - 1) - cut;
      const taps = Array.from({ length: length * axis.kernel }, (_, k) => {
        return Math.floor(k / axis.kernel) * axis.stride + (k % axis.kernel) * axis.dilation;
      });
      return taps.some((at) => at >= cut && at <= last) ? cut : 0;
    };
    const options = {
      stride: [height.stride, width.stride] as const,
      padding: [cells(height, image[0]), cells(width, image[1])] as const,
      outputPadding: [
        draw.integer(0, Math.max(height.stride, height.dilation) - 1),
        draw.integer(0, Math.max(width.stride, width.dilation) - 1),
      ] as const,
      dilation: [height.dilation, width.dilation] as const,
      groups,
      bias: draw.chance(0.7),
    };
    const args = [inChannels, outChannels, kernel, options] as const;
    const box = new ConvTranspose2D(inChannels, outChannels, kernel, { ...options, rng: draw.rng });
    return caseOf(draw, 'ConvTranspose2D', args, box, drawShape(draw, [...image, inChannels]));
  },
  DepthwiseConv2D: (draw) => {
    const [height, width] = [drawAxis(draw), drawAxis(draw)];
    const kernel: [number, number] = [height.kernel, width.kernel];
    const padding = drawConvPadding(draw, height, width);
    const channels = draw.integer(1, 3);
    const options = {
      multiplier: draw.integer(channels === 1 ? 2 : 1, 3),
      stride: [height.stride, width.stride] as const,
      padding,
      paddingMode: draw.pick(...MODES),
      dilation: [height.dilation, width.dilation] as const,
      bias: draw.chance(0.7),
    };
    const image = [
      drawLength(draw, height, along(padding, 0)),
      drawLength(draw, width, along(padding, 1)),
      channels,
    ];
    const box = new DepthwiseConv2D(channels, kernel, { ...options, rng: draw.rng });
    return caseOf(
      draw,
      'DepthwiseConv2D',
      [channels, kernel, options],
      box,
      drawShape(draw, image),
    );
  },
  LocallyConnected2D: (draw) => {
    const [height, width] = [drawAxis(draw, SHORT), drawAxis(draw, SHORT)];
    const kernel: [number, number] = [height.kernel, width.kernel];
    const padding = drawPadding(draw, height, width);
    const [inChannels, outChannels] = [draw.integer(1, 2), 2];
    const image: [number, number] = [
      Math.min(drawLength(draw, height, along(padding, 0)), 4),
      Math.min(drawLength(draw, width, along(padding, 1)), 5),
    ];
    const options = {
      stride: [height.stride, width.stride] as const,
      padding,
      bias: draw.chance(0.7),
    };
    const args = [image, inChannels, outChannels, kernel, options] as const;
    const box = new LocallyConnected2D(image, inChannels, outChannels, kernel, {
      ...options,
      rng: draw.rng,
    });
    return caseOf(draw, 'LocallyConnected2D', args, box, drawShape(draw, [...image, inChannels]));
  },
  LocallyConnected1D: (draw) => {
    const axis = drawAxis(draw, { dilations: 1 });
    const padding = draw.pick<Padding1D>('valid', 'same', drawCells(draw, axis));
    const [inChannels, outChannels] = drawChannels(draw, 1);
    const length = drawLength(draw, axis, padding);
    const options = { stride: axis.stride, padding, bias: draw.chance(0.7) };
    const args = [length, inChannels, outChannels, axis.kernel, options] as const;
    const box = new LocallyConnected1D(length, inChannels, outChannels, axis.kernel, {
      ...options,
      rng: draw.rng,
    });
    return caseOf(draw, 'LocallyConnected1D', args, box, [draw.integer(1, 3), length, inChannels]);
  },
  Pad2D: (draw) => {
    const mode = draw.pick(...MODES);
    const value = mode === 'zeros' ? draw.pick(0, 0.7) : 0;
    const image = [draw.integer(1, 4), draw.integer(1, 4), draw.integer(1, 3)];
    const cells = (length: number) =>
      draw.integer(0, mode === 'reflect' ? length - 1 : mode === 'circular' ? length : 4);
    const [top, bottom] = [cells(image[0]), cells(image[0])];
    const [left, right] = [cells(image[1]), cells(image[1])];
    const both: [number, number] = [Math.min(top, bottom), Math.min(left, right)];
    const padding = draw.pick<ConstructorParameters<typeof Pad2D>[0]>(Math.min(...both), both, [
      [top, bottom],
      [left, right],
    ]);
    const options = { mode, value };
    return caseOf(
      draw,
      'Pad2D',
      [padding, options],
      new Pad2D(padding, options),
      drawShape(draw, image),
    );
  },
};
