import { SCell } from '../../modules/historic/sCell.ts';
import { CCell } from '../../modules/historic/cCell.ts';
import { RBF } from '../../modules/historic/rbf.ts';
import { TableConv2D } from '../../modules/historic/tableConv2d.ts';
import { AdaptiveAvgPool2D } from '../../modules/adaptiveAvgPool2d.ts';
import { AvgPool1D } from '../../modules/avgPool1d.ts';
import { AvgPool2D } from '../../modules/avgPool2d.ts';
import { ContrastNorm2D } from '../../modules/contrastNorm2d.ts';
import { Conv1D } from '../../modules/conv1d.ts';
import { Conv2D } from '../../modules/conv2d.ts';
import { ConvTranspose2D } from '../../modules/convTranspose2d.ts';
import { DepthwiseConv2D } from '../../modules/depthwiseConv2d.ts';
import { DivisiveNorm2D } from '../../modules/divisiveNorm2d.ts';
import { GlobalAvgPool2D } from '../../modules/globalAvgPool2d.ts';
import { Linear } from '../../modules/linear.ts';
import { LocallyConnected1D } from '../../modules/locallyConnected1d.ts';
import { LocallyConnected2D } from '../../modules/locallyConnected2d.ts';
import { LPPool2D } from '../../modules/lpPool2d.ts';
import { MaxPool1D } from '../../modules/maxPool1d.ts';
import { MaxPool2D } from '../../modules/maxPool2d.ts';
import { SubtractiveNorm2D } from '../../modules/subtractiveNorm2d.ts';
import { SumPool2D } from '../../modules/sumPool2d.ts';
import { Upsample2D } from '../../modules/upsample2d.ts';
import type { AnyModule } from '../../lib/propagate.ts';

/**
 * What of the network's input a value depends on, along each axis of the image: `size` cells, and `jump` of them
 * between two neighbours. `places` are how many neighbours there are.
 */
export interface Field {
  readonly size: readonly number[];
  readonly jump: readonly number[];
  readonly places: readonly number[];
}

/** How a box looks at its input along one axis: a window of so many cells, moved by so many. */
interface Window {
  readonly reach: number;
  readonly step: number;
}

/**
 * The receptive field behind a box. A window of K cells with stride s over values that lie j apart sees j (K − 1)
 * cells more, and its outputs lie j s apart. It is what the weights of windows can reach, so it may be larger than the
 * image, where padding counts; statistics that a normalization takes over the whole image are not counted.
 *
 * Source: Araujo, Norris, Sim 2019, "Computing receptive fields of convolutional neural networks", Distill.
 */
export function fieldAfter(
  box: AnyModule,
  inputs: readonly Field[],
  outputShape: readonly number[],
): Field {
  const field = widest(inputs);
  const windows = field.size.map((_, axis) => windowOf(box, axis, field, outputShape));
  const size = field.size.map(
    (cells, axis) => cells + (windows[axis].reach - 1) * field.jump[axis],
  );
  const jump = field.jump.map((cells, axis) => cells * windows[axis].step);
  // One axis for the batch and one for the channels; a row of numbers has kept its places for the next Linear.
  const inImage = outputShape.length === field.size.length + 2;
  return { size, jump, places: inImage ? outputShape.slice(1, -1) : placesLeft(box, field) };
}

function widest(fields: readonly Field[]): Field {
  return fields.reduce((a, b) => ({
    ...a,
    size: a.size.map((cells, axis) => Math.max(cells, b.size[axis])),
  }));
}

function placesLeft(box: AnyModule, { places }: Field): readonly number[] {
  return sees(box) === 'everything' ? places.map(() => 1) : places;
}

/** A box whose outputs each depend on all places. */
function sees(box: AnyModule): 'everything' | 'places' {
  return box instanceof Linear || box instanceof RBF || box instanceof GlobalAvgPool2D
    ? 'everything'
    : 'places';
}

function windowOf(
  box: AnyModule,
  axis: number,
  field: Field,
  outputShape: readonly number[],
): Window {
  const places = field.places[axis];
  if (sees(box) === 'everything') return { reach: places, step: 1 };
  if (box instanceof Conv2D || box instanceof DepthwiseConv2D) {
    return { reach: (box.kernelSize[axis] - 1) * box.dilation[axis] + 1, step: box.stride[axis] };
  }
  if (box instanceof Conv1D) {
    return { reach: (box.kernelSize - 1) * box.dilation + 1, step: box.stride };
  }
  if (
    box instanceof MaxPool2D ||
    box instanceof AvgPool2D ||
    box instanceof SumPool2D ||
    box instanceof LPPool2D ||
    box instanceof LocallyConnected2D ||
    box instanceof TableConv2D ||
    box instanceof SCell ||
    box instanceof CCell
  ) {
    return { reach: box.kernelSize[axis], step: box.stride[axis] };
  }
  if (box instanceof MaxPool1D || box instanceof AvgPool1D || box instanceof LocallyConnected1D) {
    return { reach: box.kernelSize, step: box.stride };
  }
  if (box instanceof ConvTranspose2D) {
    const cells = (box.kernelSize[axis] - 1) * box.dilation[axis] + 1;
    return { reach: Math.ceil(cells / box.stride[axis]), step: 1 / box.stride[axis] };
  }
  if (box instanceof Upsample2D) {
    return { reach: box.interpolation === 'bilinear' ? 2 : 1, step: 1 / box.scaleFactor[axis] };
  }
  if (box instanceof AdaptiveAvgPool2D) {
    const step = places / outputShape[1 + axis];
    return { reach: Number.isInteger(step) ? step : Math.min(Math.ceil(step) + 1, places), step };
  }
  if (box instanceof SubtractiveNorm2D || box instanceof DivisiveNorm2D) {
    return { reach: box.gaussian.kernelSize[axis], step: 1 };
  }
  if (box instanceof ContrastNorm2D) {
    return { reach: 2 * box.subtractive.gaussian.kernelSize[axis] - 1, step: 1 };
  }
  return { reach: 1, step: 1 };
}
