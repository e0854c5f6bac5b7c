import { show } from '../../../lib/errors.ts';
import { Pad2D } from '../../../modules/pad2d.ts';
import type { ImportNode } from './node.ts';
import { isBatch, shapeOf, sizeOf, type Activation } from './views.ts';

/** The windows of a convolution or a pool of a file, along each axis of positions. */
export interface Windows {
  readonly kernel: readonly number[];
  readonly stride: readonly number[];
  readonly dilation: readonly number[];
  /** The cells that are added before and after each axis. */
  readonly pads: readonly (readonly [before: number, after: number])[];
  /** Whether the pads are those of `auto_pad` SAME_UPPER, boxprop's padding 'same'. */
  readonly isSame: boolean;
}

/** The largest size of an axis of positions, and the largest kernel. */
const LARGEST = 2 ** 20;

/**
 * Reads the windows of a node. `ceil_mode`, with which the last window may extend beyond the pads,
 * is not considered here.
 *
 * Errors: lists of the wrong length; sizes that are not positive integers; pads below 0.
 */
export function windowsOf(
  at: ImportNode,
  kernel: readonly number[],
  positions: readonly number[],
): Windows {
  const rank = positions.length;
  const filled = (name: string, otherwise: number) =>
    at.list(name) ?? new Array<number>(rank).fill(otherwise);
  const stride = filled('strides', 1);
  const dilation = filled('dilations', 1);
  const given = at.list('pads') ?? new Array<number>(2 * rank).fill(0);
  const sizes = [kernel, stride, dilation];
  const isSize = (size: number) => Number.isInteger(size) && size >= 1 && size <= LARGEST;
  if (!sizes.every((list) => list.length === rank && list.every(isSize))) {
    throw at.fail(
      `expected kernel, strides and dilations of ${rank} integers from 1 to ${LARGEST}, got ${sizes.map(show).join(', ')}`,
    );
  }
  if (positions.some((size) => size > LARGEST))
    throw at.fail(
      `expected images of at most ${LARGEST} pixels a side, got ${show([...positions])}`,
    );
  const isPad = (size: number) => Number.isInteger(size) && size >= 0 && size <= LARGEST;
  if (given.length !== 2 * rank || !given.every(isPad)) {
    throw at.fail(`expected pads of ${2 * rank} integers from 0 to ${LARGEST}, got ${show(given)}`);
  }
  const auto = at.text('auto_pad', 'NOTSET');
  const pads = positions.map((size, k): [number, number] => {
    if (auto === 'NOTSET' || auto === '') return [given[k], given[rank + k]];
    if (auto === 'VALID') return [0, 0];
    const reach = dilation[k] * (kernel[k] - 1) + 1;
    const total = Math.max((Math.ceil(size / stride[k]) - 1) * stride[k] + reach - size, 0);
    const less = Math.floor(total / 2);
    return auto === 'SAME_LOWER' ? [total - less, less] : [less, total - less];
  });
  if (!['', 'NOTSET', 'VALID', 'SAME_UPPER', 'SAME_LOWER'].includes(auto))
    throw at.fail(
      `expected auto_pad to be NOTSET, VALID or SAME_UPPER or _LOWER, got ${show(auto)}`,
    );
  return { kernel, stride, dilation, pads, isSame: auto === 'SAME_UPPER' };
}

/**
 * Returns the sizes of the axes of positions of images, sequences or volumes; throws for other
 * inputs.
 */
export function positionsOf(at: ImportNode, value: Activation): number[] {
  const { file } = value;
  if (file.length >= 3 && file.length <= 5 && isBatch(file[0])) return file.slice(2).map(sizeOf);
  throw at.fail(
    `expected images [N, C, H, W], sequences [N, C, L] or volumes [N, C, D, H, W], got the shape ${show(shapeOf(file))}`,
  );
}

/** Returns the three numbers of a volume. */
export function three(list: readonly number[]): [number, number, number] {
  return [list[0], list[1], list[2]];
}

/** Returns the padding of each axis if it is the same on both sides, and otherwise undefined. */
export function symmetric({ pads }: Windows): readonly number[] | undefined {
  return pads.every(([before, after]) => before === after)
    ? pads.map(([before]) => before)
    : undefined;
}

/** Adds a box that pads images or sequences with a value, and returns them with channels last. */
export function padded(
  at: ImportNode,
  input: Activation,
  pads: Windows['pads'],
  value = 0,
): Activation {
  if (pads.length > 2)
    throw at.fail(`expected the same pads on both sides of a volume, got ${show(pads)}`);
  const images = asImages(at, at.channelsLast(input));
  const rows = pads.length === 2 ? pads[0] : ([0, 0] as const);
  const box = new Pad2D([rows, pads[pads.length - 1]], { value });
  const { name, shape } = at.emit(box, images, `${at.label}_pad`);
  const padded = at.images(name, shape, input.file[0]);
  return pads.length === 2 ? padded : asSequences(at, padded);
}

/** Makes images of height 1 from sequences. */
function asImages(at: ImportNode, value: Activation): Activation {
  if (value.file.length === 4) return value;
  const [batch, channels, length] = value.file;
  return at.channelsLast({ ...value, file: [batch, channels, [], length] });
}

/** Makes sequences from images of height 1. */
function asSequences(at: ImportNode, value: Activation): Activation {
  const [batch, channels, , length] = value.file;
  return at.channelsLast({ ...value, file: [batch, channels, length] });
}
