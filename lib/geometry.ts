import { BoxError, show } from './errors.ts';
import { nameOf } from './check.ts';

/** One number for both axes, or [height, width]. */
export type Pair = number | readonly [number, number];

/** Cells added on each side; `'valid'` adds none, `'same'` as many as give ⌈size / stride⌉ outputs. */
export type Padding = Pair | 'valid' | 'same';

/** How a window slides along one axis. */
export interface Axis {
  readonly input: number;
  readonly output: number;
  readonly kernel: number;
  readonly stride: number;
  readonly dilation: number;
  /** Padding cells before the first and after the last input. */
  readonly before: number;
  readonly after: number;
}

export interface Geometry {
  readonly height: Axis;
  readonly width: Axis;
}

export interface WindowOptions {
  readonly kernelSize: readonly [number, number];
  readonly stride: readonly [number, number];
  readonly dilation: readonly [number, number];
  readonly padding: Padding;
}

/** Reads an option that is one number or [height, width], refusing what is no integer of at least `least`. */
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

/** Refuses a padding that is neither a word nor a pair of integers. */
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
 * The window along one axis: output = ⌊(input + before + after − dilation (kernel − 1) − 1) / stride⌋ + 1.
 * `'same'` puts the odd cell after, as TensorFlow and PyTorch do.
 */
export function slide(
  input: number,
  kernel: number,
  stride: number,
  dilation: number,
  padding: number | 'valid' | 'same',
): Axis {
  const reach = dilation * (kernel - 1) + 1;
  let [before, after] = padding === 'valid' || padding === 'same' ? [0, 0] : [padding, padding];
  if (padding === 'same') {
    const total = Math.max((Math.ceil(input / stride) - 1) * stride + reach - input, 0);
    before = Math.floor(total / 2);
    after = total - before;
  }
  const output = Math.floor((input + before + after - reach) / stride) + 1;
  return { input, output, kernel, stride, dilation, before, after };
}

/** How the window of `box` slides over an image of this size; refuses a window larger than the padded image. */
export function slideOver(
  box: object,
  inputHeight: number,
  inputWidth: number,
  options: WindowOptions,
): Geometry {
  const { kernelSize, stride, dilation, padding } = options;
  const along = (axis: 0 | 1, input: number) =>
    slide(
      input,
      kernelSize[axis],
      stride[axis],
      dilation[axis],
      typeof padding === 'object' ? padding[axis] : padding,
    );
  const geometry = { height: along(0, inputHeight), width: along(1, inputWidth) };
  if (geometry.height.output < 1 || geometry.width.output < 1) {
    const reach = (a: Axis) => a.dilation * (a.kernel - 1) + 1;
    const padded = (a: Axis) => a.input + a.before + a.after;
    const { height: h, width: w } = geometry;
    throw new BoxError(
      [`${nameOf(box)}.forward`],
      `expected a padded input of at least ${reach(h)}x${reach(w)} for the kernel, got ${padded(h)}x${padded(w)}`,
    );
  }
  return geometry;
}
