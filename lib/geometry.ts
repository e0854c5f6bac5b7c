import { BoxError, show } from './errors.ts';
import { checkChoice, checkSize, nameOf } from './check.ts';
import { isList } from './isList.ts';

/** One number for both axes, or [height, width]. */
export type Pair = number | readonly [number, number];

/**
 * The number of cells added on each side. `'valid'` adds none; `'same'` adds the number that gives
 * ⌈size / stride⌉ outputs.
 */
export type Padding = Pair | 'valid' | 'same';

/**
 * The number of cells that are added to all sides, or [height, width], or
 * [[top, bottom], [left, right]].
 */
export type Sides = Pair | readonly [readonly [number, number], readonly [number, number]];

/** The padding of a convolution: as in `Padding`, or another number of cells on each side. */
export type ConvPadding = Padding | Sides;

/** The number of cells added on each side of a sequence, as in `Padding`. */
export type Padding1D = number | 'valid' | 'same';

/**
 * How the padding is filled. `'reflect'` mirrors the image at its first and last pixel without
 * repeating these; `'replicate'` repeats the first and last pixel; `'circular'` continues with the
 * opposite end of the image.
 */
export type PaddingMode = 'zeros' | 'reflect' | 'replicate' | 'circular';

/** The windows along one axis. */
export interface Axis {
  readonly input: number;
  readonly output: number;
  readonly kernel: number;
  readonly stride: number;
  readonly dilation: number;
  /** The numbers of padding cells before the first input cell and after the last one. */
  readonly before: number;
  readonly after: number;
  /**
   * With `ceilMode`, the number of cells of `after` that lie beyond the padding, because the last
   * window extends beyond it.
   */
  readonly overhang?: number;
}

/** The windows over an image. */
export interface Geometry {
  readonly height: Axis;
  readonly width: Axis;
}

/**
 * The size of an image along one axis, and the numbers of cells that are added before and after it.
 */
export type Border = Pick<Axis, 'input' | 'before' | 'after'>;

/** The borders of an image. */
export interface Borders {
  readonly height: Border;
  readonly width: Border;
}

/** The settings of a box that slides a window over its input. */
export interface WindowOptions {
  /** The window's [height, width]. */
  readonly kernelSize: readonly [number, number];
  /** The distance between neighbouring windows, [vertical, horizontal]. */
  readonly stride: readonly [number, number];
  /** The distance between the cells of a window, [vertical, horizontal]; [1, 1] by default. */
  readonly dilation?: readonly [number, number];
  /** The cells added on each side. */
  readonly padding: ConvPadding;
  /** Whether the output size is rounded up; false by default. */
  readonly ceilMode?: boolean;
}

/**
 * Converts an option that is one number or [height, width] to a pair. Throws for values that are
 * not integers of at least `least`.
 */
export function pair(box: object, what: string, value: Pair, least = 1): readonly [number, number] {
  const both: readonly number[] = typeof value === 'number' ? [value, value] : value;
  const good =
    Array.isArray(both) &&
    both.length === 2 &&
    both.every((size) => Number.isSafeInteger(size) && size >= least);
  if (!good) {
    throw new BoxError(
      [nameOf(box)],
      `expected ${what} to be an integer of at least ${least}, or a pair [height, width], got ${show(value)}`,
    );
  }
  return [both[0], both[1]];
}

/** Throws if a padding is not `'valid'`, `'same'`, an integer or a pair of integers. */
export function checkPadding(box: object, padding: Padding): Padding {
  if (padding === 'valid' || padding === 'same') return padding;
  if (typeof padding === 'string') {
    throw new BoxError(
      [nameOf(box)],
      `expected padding to be "valid", "same", an integer or a pair [height, width], got ${show(padding)}`,
    );
  }
  return pair(box, 'padding', padding, 0);
}

/**
 * Returns the numbers of cells added on each side, [[top, bottom], [left, right]], or undefined if
 * the value is not of type `Sides`.
 */
export function sidesOf(
  value: unknown,
): readonly [readonly [number, number], readonly [number, number]] | undefined {
  const both: readonly unknown[] = isList(value) ? value : [value, value];
  const [rows, columns] = both.map((side) => (isList(side) ? side : [side, side]));
  if (both.length !== 2 || !isPair(rows) || !isPair(columns)) return undefined;
  return [
    [rows[0], rows[1]],
    [columns[0], columns[1]],
  ];
}

function isPair(cells: readonly unknown[]): cells is readonly [number, number] {
  return (
    cells.length === 2 && cells.every((count) => Number.isSafeInteger(count) && Number(count) >= 0)
  );
}

/**
 * Throws if the padding of a convolution is not `'valid'`, `'same'` or a value of type `Sides`.
 * Returns [height, width] if both sides of each axis have the same number of cells.
 */
export function checkConvPadding(box: object, padding: ConvPadding): ConvPadding {
  if (padding === 'valid' || padding === 'same') return padding;
  const sides = sidesOf(padding);
  if (sides === undefined) {
    throw new BoxError(
      [nameOf(box)],
      'expected padding to be "valid", "same", an integer of at least 0, a pair [height, width] or ' +
        `[[top, bottom], [left, right]], got ${show(padding)}`,
    );
  }
  const [[top, bottom], [left, right]] = sides;
  return top === bottom && left === right ? [top, left] : sides;
}

/**
 * The geometry of a window along one axis:
 * output = ⌊(input + before + after − dilation (kernel − 1) − 1) / stride⌋ + 1. If `'same'` needs
 * an odd number of cells, the extra cell is at the end, as in TensorFlow and PyTorch.
 *
 * `ceilMode` rounds up instead: a last window may extend beyond the end if it starts inside the
 * input or the padding before it (PyTorch's rule). With `'same'`, `ceilMode` has no effect.
 */
export function axisGeometry(
  input: number,
  kernel: number,
  stride: number,
  dilation: number,
  padding: number | readonly [before: number, after: number] | 'valid' | 'same',
  ceilMode = false,
): Axis {
  const reach = dilation * (kernel - 1) + 1;
  let [before, after] = typeof padding === 'object' ? padding : [0, 0];
  if (typeof padding === 'number') [before, after] = [padding, padding];
  if (padding === 'same') {
    const total = Math.max((Math.ceil(input / stride) - 1) * stride + reach - input, 0);
    before = Math.floor(total / 2);
    after = total - before;
  }
  const room = input + before + after - reach;
  const output = Math.floor(room / stride) + 1;
  const axis = { input, output, kernel, stride, dilation, before, after };
  if (!ceilMode) return axis;
  let rounded = Math.ceil(room / stride) + 1;
  if ((rounded - 1) * stride >= input + before) rounded--;
  const overhang = Math.max((rounded - 1) * stride - room, 0);
  return { ...axis, output: rounded, after: after + overhang, overhang };
}

/**
 * Returns the geometry of the windows of `box` over an image of this size. Throws if a window is
 * larger than the padded image.
 */
export function convGeometry(
  box: object,
  inputHeight: number,
  inputWidth: number,
  options: WindowOptions,
  place: 'constructor' | 'forward' = 'forward',
): Geometry {
  const { kernelSize, stride, dilation = [1, 1], padding, ceilMode } = options;
  const along = (axis: 0 | 1, input: number) =>
    axisGeometry(
      input,
      kernelSize[axis],
      stride[axis],
      dilation[axis],
      typeof padding === 'object' ? padding[axis] : padding,
      ceilMode,
    );
  const geometry = { height: along(0, inputHeight), width: along(1, inputWidth) };
  checkFits(box, [geometry.height, geometry.width], place);
  return geometry;
}

/** Throws if a window is larger than the padded input along one of the axes. */
export function checkFits(
  box: object,
  axes: readonly Axis[],
  place: 'constructor' | 'forward' = 'forward',
): void {
  if (axes.every(({ output }) => output >= 1)) return;
  // With `ceilMode`, an input may be smaller than the kernel by less than a stride.
  const least = axes.map((a) =>
    Math.max(a.dilation * (a.kernel - 1) + 1 - (a.overhang === undefined ? 0 : a.stride - 1), 1),
  );
  const padded = axes.map((a) => a.input + a.before + a.after - (a.overhang ?? 0));
  throw new BoxError(
    [place === 'forward' ? `${nameOf(box)}.forward` : nameOf(box)],
    `expected a padded input of at least ${least.join('x')} for the kernel, got ${padded.join('x')}`,
  );
}

/** Throws if a padding along one axis is not `'valid'`, `'same'` or an integer of at least 0. */
export function checkPadding1D(box: object, padding: Padding1D): Padding1D {
  if (padding === 'valid' || padding === 'same') return padding;
  if (!Number.isSafeInteger(padding) || padding < 0) {
    throw new BoxError(
      [nameOf(box)],
      `expected padding to be "valid", "same" or an integer of at least 0, got ${show(padding)}`,
    );
  }
  return padding;
}

/**
 * Throws if a pool's padding is more than half its kernel. With more padding, some windows would
 * contain no cell of the input.
 */
export function checkPoolPadding(
  box: object,
  kernelSize: readonly number[],
  padding: Padding | readonly number[],
): void {
  if (typeof padding === 'string') return;
  const sides = typeof padding === 'number' ? kernelSize.map(() => padding) : padding;
  if (sides.every((cells, axis) => 2 * cells <= kernelSize[axis])) return;
  const half = kernelSize.map((size) => Math.floor(size / 2)).join('x');
  throw new BoxError(
    [nameOf(box)],
    `expected padding of at most half the kernel, ${half}, got ${sides.join('x')}`,
  );
}

const PADDING_MODES: readonly PaddingMode[] = ['zeros', 'reflect', 'replicate', 'circular'];

/** Throws for an unknown padding mode. */
export function checkPaddingMode(box: object, mode: PaddingMode): PaddingMode {
  checkChoice(box, 'paddingMode', mode, PADDING_MODES);
  return mode;
}

/**
 * Throws if a border is too large to be filled in its mode: `'reflect'` can fill at most size − 1
 * pixels, `'circular'` at most size pixels.
 */
export function checkBorder(box: object, mode: PaddingMode, axes: readonly Border[]): void {
  if (mode === 'zeros' || mode === 'replicate') return;
  const most = axes.map(({ input }) => (mode === 'reflect' ? input - 1 : input));
  const wanted = axes.map(({ before, after }) => Math.max(before, after));
  if (wanted.some((cells, axis) => cells > most[axis])) {
    throw new BoxError(
      [`${nameOf(box)}.forward`],
      `expected ${mode} padding of at most ${most.join('x')} for this input, got ${wanted.join('x')}`,
    );
  }
}

/** Returns the geometry of the same windows over an image to which the padding has been added. */
export function paddedGeometry({ height, width }: Geometry): Geometry {
  const along = (axis: Axis): Axis => ({
    ...axis,
    input: axis.before + axis.input + axis.after,
    before: 0,
    after: 0,
  });
  return { height: along(height), width: along(width) };
}

/** Throws if the channels cannot be divided into equal groups. */
export function checkGroups(
  box: object,
  groups: number,
  channels: Readonly<Record<string, number>>,
): void {
  checkSize(box, 'groups', groups);
  for (const [what, count] of Object.entries(channels)) {
    if (count % groups !== 0) {
      throw new BoxError(
        [nameOf(box)],
        `expected ${what} to be a multiple of the ${groups} groups, got ${count}`,
      );
    }
  }
}
