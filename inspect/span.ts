import { Affine } from '../modules/historic/affine.ts';
import { BatchNorm } from '../modules/batchNorm.ts';
import { Concat } from '../modules/concat.ts';
import { Dropout } from '../modules/dropout.ts';
import { Flatten } from '../modules/flatten.ts';
import { GlobalAvgPool2D } from '../modules/globalAvgPool2d.ts';
import { GroupNorm } from '../modules/groupNorm.ts';
import { Identity } from '../modules/identity.ts';
import { InstanceNorm } from '../modules/instanceNorm.ts';
import { LayerNorm } from '../modules/layerNorm.ts';
import { LocalResponseNorm } from '../modules/localResponseNorm.ts';
import { LogSoftmax } from '../modules/logSoftmax.ts';
import { Max } from '../modules/max.ts';
import { Maxout } from '../modules/maxout.ts';
import { PadChannels } from '../modules/historic/padChannels.ts';
import { Product } from '../modules/product.ts';
import { Reshape } from '../modules/reshape.ts';
import { Softmax } from '../modules/softmax.ts';
import { SpatialDropout } from '../modules/spatialDropout.ts';
import { Sum } from '../modules/sum.ts';
import type { AnyModule } from '../lib/propagate.ts';
import { isPointwise } from './summary/describe.ts';
import { within, type Interval } from './interval.ts';
import { windowsOf } from './windows.ts';

/** Cells of a value, an interval along each axis but that of the batch. */
export type Span = readonly Interval[];

/** Boxes whose every number depends on the number at the same place of each input. */
const IN_PLACE = [Affine, BatchNorm, Dropout, Identity, Max, Product, SpatialDropout, Sum];

/** Boxes that mix the channels of a place. Statistics that they take over places are not counted. */
const CHANNELS = [GroupNorm, InstanceNorm, LayerNorm, LogSoftmax, Softmax];

/**
 * The cells of input k of a box that some cells of its output depend on: what the adjoint, `backpropToInput`, can reach.
 * Borders are what they are: zeros are no input, a mirror shows what it mirrors. What boxprop does not know, a box of
 * one's own, is taken to see everything.
 *
 * @param inputShapes with the batch.
 * @returns undefined where they depend on no cell, as padding or another input of a `Concat` do not.
 */
export function spanBefore(
  box: AnyModule,
  span: Span,
  inputShapes: readonly (readonly number[])[],
  outputShape: readonly number[],
  k: number,
): Span | undefined {
  const sizes = inputShapes[k].slice(1);
  const [last, channels] = [sizes.length - 1, sizes[sizes.length - 1]];
  const everything = sizes.map((size): Interval => [0, size - 1]);
  const withChannels = (of: Interval | undefined) => of && [...span.slice(0, -1), of];
  const windows = windowsOf(box, sizes);
  if (windows !== undefined) {
    const found = [
      ...windows.axes.map((before, axis) => before(span[axis])),
      windows.channels(span[last]),
    ];
    return found.every((one) => one !== undefined) ? found : undefined;
  }
  if (CHANNELS.some((kind) => box instanceof kind)) return withChannels(everything[last]);
  if (isPointwise(box) || IN_PLACE.some((kind) => box instanceof kind)) return span;
  if (box instanceof Flatten || box instanceof Reshape)
    return refolded(span, outputShape.slice(1), sizes);
  if (box instanceof GlobalAvgPool2D) return [everything[0], everything[1], span[0]];
  if (box instanceof PadChannels) return withChannels(within(span[last], channels));
  if (box instanceof Concat) {
    const from = inputShapes.slice(0, k).reduce((sum, shape) => sum + shape[shape.length - 1], 0);
    const [first, end] = span[last];
    return withChannels(within([first - from, end - from], channels));
  }
  if (box instanceof LocalResponseNorm) {
    const [[first, end], size] = [span[last], box.size];
    return withChannels(
      within([first - Math.floor(size / 2), end + Math.ceil(size / 2) - 1], channels),
    );
  }
  if (box instanceof Maxout) {
    const [first, end] = span[last];
    return withChannels([first * box.pieces, (end + 1) * box.pieces - 1]);
  }
  return everything;
}

/** The same numbers, row by row, in another shape: the least box of cells that holds them. */
function refolded(span: Span, from: readonly number[], to: readonly number[]): Span {
  const flat = (end: 0 | 1) => from.reduce((at, size, axis) => at * size + span[axis][end], 0);
  const cell = (at: number) => {
    const places: number[] = [];
    let left = at;
    for (const size of [...to].reverse()) {
      places.unshift(left % size);
      left = Math.floor(left / size);
    }
    return places;
  };
  const [first, last] = [cell(flat(0)), cell(flat(1))];
  const apart = first.findIndex((place, axis) => place !== last[axis]);
  return to.map((size, axis) =>
    apart < 0 || axis <= apart ? [first[axis], last[axis]] : [0, size - 1],
  );
}
