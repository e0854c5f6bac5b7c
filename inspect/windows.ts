import { AdaptiveAvgPool2D } from '../modules/adaptiveAvgPool2d.ts';
import { AvgPool1D } from '../modules/avgPool1d.ts';
import { AvgPool2D } from '../modules/avgPool2d.ts';
import { CCell } from '../modules/historic/cCell.ts';
import { ContrastNorm2D } from '../modules/contrastNorm2d.ts';
import { Conv1D } from '../modules/conv1d.ts';
import { Conv2D } from '../modules/conv2d.ts';
import { ConvTranspose2D } from '../modules/convTranspose2d.ts';
import { DepthwiseConv2D } from '../modules/depthwiseConv2d.ts';
import { DivisiveNorm2D } from '../modules/divisiveNorm2d.ts';
import { LocallyConnected1D } from '../modules/locallyConnected1d.ts';
import { LocallyConnected2D } from '../modules/locallyConnected2d.ts';
import { LPPool2D } from '../modules/lpPool2d.ts';
import { MaxPool1D } from '../modules/maxPool1d.ts';
import { MaxPool2D } from '../modules/maxPool2d.ts';
import { Pad2D } from '../modules/pad2d.ts';
import { SCell } from '../modules/historic/sCell.ts';
import { SubtractiveNorm2D } from '../modules/subtractiveNorm2d.ts';
import { SumPool2D } from '../modules/sumPool2d.ts';
import { TableConv2D } from '../modules/historic/tableConv2d.ts';
import { Upsample2D } from '../modules/upsample2d.ts';
import { axisGeometry, type Padding, type PaddingMode } from '../lib/geometry.ts';
import type { AxisMap } from '../lib/kernels/pad/axisMap.ts';
import { linear, nearest } from '../lib/kernels/pad/resizeMap.ts';
import { windowsThatCover } from '../lib/kernels/pool/windowMap.ts';
import type { AnyModule } from '../lib/propagate.ts';
import { behindBorder, byCell, within, type Before } from './interval.ts';

export interface Windows {
  /** One for each axis of the image. */
  readonly axes: readonly Before[];
  readonly channels: Before;
}

/** A window that slides along each axis. */
interface Sliding {
  readonly kernelSize: readonly number[];
  readonly stride: readonly number[];
  readonly dilation: readonly number[];
  readonly padding: Padding;
  readonly paddingMode: PaddingMode;
}

/**
 * How a box looks at its input through windows; undefined for a box that does not.
 *
 * @param sizes of the input, without the batch.
 */
export function windowsOf(box: AnyModule, sizes: readonly number[]): Windows | undefined {
  const image = sizes.slice(0, -1);
  const same: Before = (of) => of;
  const all: Before = () => [0, sizes[sizes.length - 1] - 1];
  const sliding = slidingOf(box);
  if (sliding !== undefined) {
    return {
      axes: image.map((size, axis) => along(sliding, size, axis)),
      channels: channelsOf(box) ?? all,
    };
  }
  if (box instanceof ConvTranspose2D) {
    const axes = image.map((size, axis) => {
      const [stride, dilation] = [box.stride[axis], box.dilation[axis]];
      // Tap q of pixel i falls on i s + q d − t.
      return byCell((cell) =>
        taps(box.kernelSize[axis])
          .map((q) => (cell + box.padding[axis] - q * dilation) / stride)
          .filter((i) => Number.isInteger(i) && i >= 0 && i < size),
      );
    });
    const [gives, takes] = [box.outChannels / box.groups, box.inChannels / box.groups];
    return { axes, channels: grouped(gives, takes) };
  }
  if (box instanceof Pad2D) {
    const axes = image.map((size, axis) =>
      byCell((cell) => [behindBorder(cell - box.padding[axis][0], size, box.mode)]),
    );
    return { axes, channels: same };
  }
  if (box instanceof Upsample2D) {
    const axes = image.map((size, axis) => {
      const [scale, output] = [box.scaleFactor[axis], Math.floor(size * box.scaleFactor[axis])];
      return mapped(box.interpolation === 'nearest' ? nearest(size, output, scale) : linear(size, output, scale, box.alignCorners)); // prettier-ignore
    });
    return { axes, channels: same };
  }
  if (box instanceof AdaptiveAvgPool2D) {
    const axes = image.map((size, axis) => mapped(windowsThatCover(size, box.outputSize[axis])));
    return { axes, channels: same };
  }
  const local = localWindow(box);
  if (local === undefined) return undefined;
  const axes = image.map((size, axis): Before => {
    const { before, after } = axisGeometry(size, local[axis], 1, 1, 'same');
    return ([first, last]) => within([first - before, last + after], size);
  });
  return { axes, channels: all };
}

function slidingOf(box: AnyModule): Sliding | undefined {
  const plain = { dilation: [1, 1], paddingMode: 'zeros' } as const;
  if (box instanceof Conv2D || box instanceof DepthwiseConv2D) return box;
  if (box instanceof LPPool2D) return { ...plain, ...box, padding: 'valid' };
  if (
    box instanceof MaxPool2D ||
    box instanceof AvgPool2D ||
    box instanceof SumPool2D ||
    box instanceof LocallyConnected2D ||
    box instanceof TableConv2D ||
    box instanceof SCell ||
    box instanceof CCell
  ) {
    return { ...plain, kernelSize: box.kernelSize, stride: box.stride, padding: box.padding };
  }
  if (box instanceof Conv1D) {
    const { kernelSize, stride, dilation, padding, paddingMode } = box;
    return {
      kernelSize: [kernelSize],
      stride: [stride],
      dilation: [dilation],
      padding,
      paddingMode,
    };
  }
  if (box instanceof MaxPool1D || box instanceof AvgPool1D || box instanceof LocallyConnected1D) {
    return { ...plain, kernelSize: [box.kernelSize], stride: [box.stride], padding: box.padding };
  }
  return undefined;
}

function along(
  { kernelSize, stride, dilation, padding, paddingMode }: Sliding,
  size: number,
  axis: number,
): Before {
  const [kernel, step, apart] = [kernelSize[axis], stride[axis], dilation[axis]];
  const { before } = axisGeometry(
    size,
    kernel,
    step,
    apart,
    typeof padding === 'object' ? padding[axis] : padding,
  );
  return byCell((cell) =>
    taps(kernel).map((q) => behindBorder(cell * step - before + q * apart, size, paddingMode)),
  );
}

/** Undefined for all channels. */
function channelsOf(box: AnyModule): Before | undefined {
  if (box instanceof Conv2D || box instanceof Conv1D) {
    return grouped(box.outChannels / box.groups, box.inChannels / box.groups);
  }
  if (box instanceof DepthwiseConv2D) return grouped(box.multiplier, 1);
  if (box instanceof TableConv2D) return byCell((channel) => box.table[channel]);
  const pools = [MaxPool1D, MaxPool2D, AvgPool1D, AvgPool2D, SumPool2D, LPPool2D];
  return pools.some((kind) => box instanceof kind) ? (of) => of : undefined;
}

/** Each group of `takes` channels gives `gives`. */
function grouped(gives: number, takes: number): Before {
  return ([first, last]) => [
    Math.floor(first / gives) * takes,
    (Math.floor(last / gives) + 1) * takes - 1,
  ];
}

/** By the weights that are not 0. */
function mapped({ rows }: AxisMap): Before {
  return byCell((cell) =>
    rows[cell].weights.flatMap((w, k) => (w === 0 ? [] : [rows[cell].first + k])),
  );
}

const taps = (kernel: number) => Array.from({ length: kernel }, (_, q) => q);

/** The window of a local normalization. */
function localWindow(box: AnyModule): readonly number[] | undefined {
  if (box instanceof SubtractiveNorm2D || box instanceof DivisiveNorm2D)
    return box.gaussian.kernelSize;
  if (box instanceof ContrastNorm2D)
    return box.subtractive.gaussian.kernelSize.map((size) => 2 * size - 1);
  return undefined;
}
