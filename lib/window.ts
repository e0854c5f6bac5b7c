import type {
  AxisWindow,
  Dependency,
  Facts,
  Interval,
  PositionWindow,
  Shape,
  InputWindow,
} from './facts.ts';
import type { Axis, ConvPadding, PaddingMode } from './geometry.ts';
import { isList } from './isList.ts';

/** Returns the part of a range that lies within 0 ... size − 1, or undefined if no part does. */
export function clampInterval([first, last]: Interval, size: number): Interval | undefined {
  const inside: Interval = [Math.max(first, 0), Math.min(last, size - 1)];
  return inside[0] <= inside[1] ? inside : undefined;
}

/** Returns the smallest range that contains all intervals; undefined for an empty list. */
export function hull(intervals: readonly Interval[]): Interval | undefined {
  if (intervals.length === 0) return undefined;
  return [
    Math.min(...intervals.map(([first]) => first)),
    Math.max(...intervals.map(([, last]) => last)),
  ];
}

/**
 * Makes the dependency of an axis from a function: output position i depends on the input positions
 * `inputsOf(i)`.
 */
export function perPosition(
  inputsOf: (output: number) => readonly (number | undefined)[],
): Dependency {
  return ([first, last]) => {
    const inputs = Array.from({ length: last - first + 1 }, (_, k) => inputsOf(first + k)).flat();
    return hull(inputs.flatMap((input) => (input === undefined ? [] : [[input, input] as const])));
  };
}

/**
 * The dependency of an axis in which each output position depends only on the same input position.
 */
export const samePosition: Dependency = (outputs) => outputs;

/**
 * Makes the dependency in which each output position depends on all positions of an axis of this
 * size.
 */
export function allPositions(size: number): Dependency {
  return () => [0, size - 1];
}

/**
 * Makes the dependency of channels that are divided into groups: each group of `outputs` output
 * channels depends on `inputs` input channels.
 */
export function groupedChannels(outputs: number, inputs: number): Dependency {
  return ([first, last]) => [
    Math.floor(first / outputs) * inputs,
    (Math.floor(last / outputs) + 1) * inputs - 1,
  ];
}

/**
 * Returns the input position whose value is at a given position of the padded axis, or undefined if
 * the value there is zero. Positions are counted from the first position of the input, so they are
 * negative in the padding before it.
 */
export function paddedPosition(
  position: number,
  size: number,
  mode: PaddingMode,
): number | undefined {
  if (position >= 0 && position < size) return position;
  if (mode === 'zeros') return undefined;
  if (mode === 'circular') return (position + size) % size;
  if (mode === 'replicate') return position < 0 ? 0 : size - 1;
  return position < 0 ? -position : 2 * (size - 1) - position;
}

/** Returns the window of a convolution or a pool along one axis. */
export function slidingAxis(axis: Axis, mode: PaddingMode = 'zeros'): AxisWindow {
  const { input, kernel, stride, dilation, before } = axis;
  return {
    size: (kernel - 1) * dilation + 1,
    step: stride,
    inputsOf: perPosition((output) =>
      Array.from({ length: kernel }, (_, tap) =>
        paddedPosition(output * stride - before + tap * dilation, input, mode),
      ),
    ),
  };
}

/**
 * Returns the window along an axis of a resized image. An output position depends on the positions
 * whose weights are not 0.
 */
export function weightedAxis(
  rows: readonly { readonly first: number; readonly weights: readonly number[] }[],
  size: number,
  step: number,
): AxisWindow {
  const inputsOf = perPosition((output) =>
    rows[output].weights.flatMap((w, k) => (w === 0 ? [] : [rows[output].first + k])),
  );
  return { size, step, inputsOf };
}

/**
 * Returns the windows that together cover an axis. If they do not tile it, a window may have one
 * position more than its step, rounded up.
 */
export function coveringAxis({
  input,
  rows,
}: {
  readonly input: number;
  readonly rows: readonly { readonly first: number; readonly weights: readonly number[] }[];
}): AxisWindow {
  const step = input / rows.length;
  const size = Number.isInteger(step) ? step : Math.min(Math.ceil(step) + 1, input);
  return weightedAxis(rows, size, step);
}

/**
 * Returns the window of a box whose output at each position of [N, ...positions, C] depends on the
 * same position.
 */
export function samePositions(inputShape: Shape, channels: Dependency): PositionWindow {
  const axes = inputShape.slice(1, -1).map(() => ({ size: 1, step: 1, inputsOf: samePosition }));
  return { axes, channels };
}

/**
 * Returns the facts of a box that has no multiply-adds and keeps the shape of its input.
 *
 * @param range the range of the output's values, if they are bounded.
 */
export function sameShape(shape: Shape, window: InputWindow, range?: Facts['range']): Facts {
  return { outputShape: shape, window, multiplyAdds: 0, ...(range && { range }) };
}

/** Returns the facts of a pool over [N, ...positions, C], whose windows each cover one channel. */
export function poolFacts(inputShape: Shape, axes: readonly Axis[]): Facts {
  return {
    outputShape: [inputShape[0], ...axes.map(({ output }) => output), inputShape.at(-1) ?? 0],
    window: { axes: axes.map((axis) => slidingAxis(axis)), channels: samePosition },
    multiplyAdds: 0,
  };
}

/**
 * Describes the windows of a box as on the slides: `11x11 filters at stride 4, pad 0`. A padding of
 * 0 can be omitted, as is usual for pools. A padding that differs between the sides is `0+1`.
 */
export function describeWindows(
  box: {
    readonly kernelSize: readonly number[];
    readonly stride: readonly number[];
    readonly padding: ConvPadding | readonly number[];
  },
  padding: 'always' | 'unless 0' = 'unless 0',
): string {
  const stride = new Set(box.stride).size === 1 ? String(box.stride[0]) : box.stride.join('x');
  const pad = describePadding(box.padding);
  const end = padding === 'unless 0' && pad === '0' ? '' : `, pad ${pad}`;
  return `${box.kernelSize.join('x')} filters at stride ${stride}${end}`;
}

function describePadding(padding: ConvPadding | readonly number[]): string {
  if (padding === 'valid') return '0';
  if (typeof padding !== 'object') return String(padding);
  const axes = padding.map((side) => (isList(side) ? side.join('+') : String(side)));
  return new Set(axes).size === 1 ? axes[0] : axes.join('x');
}

/**
 * Returns the range of input elements on which a range of output elements depends, per axis without
 * the batch.
 *
 * @param outputs one range per axis of the output, without the batch.
 * @returns undefined if they depend on no element of this input.
 */
export function inputsOf(
  window: InputWindow,
  outputs: readonly Interval[],
  inputShape: Shape,
  outputShape: Shape,
): readonly Interval[] | undefined {
  const sizes = inputShape.slice(1);
  const everything = sizes.map((size): Interval => [0, size - 1]);
  switch (window) {
    case 'identity':
      return reshaped(outputs, outputShape.slice(1), sizes);
    case 'elementwise':
      return outputs;
    case 'channels':
      return [...outputs.slice(0, -1), everything[sizes.length - 1]];
    case 'global':
      return everything;
    case 'globalPerChannel':
      return [...everything.slice(0, -1), outputs[outputs.length - 1]];
    default:
      return throughPositions(window, outputs);
  }
}

function throughPositions(
  { axes, channels }: PositionWindow,
  outputs: readonly Interval[],
): readonly Interval[] | undefined {
  const found = [
    ...axes.map((axis, k) => axis.inputsOf(outputs[k])),
    channels(outputs[outputs.length - 1]),
  ];
  return found.every((range) => range !== undefined) ? found : undefined;
}

/**
 * Converts a block of a tensor of shape `from` to a block of the same values in shape `to`. The
 * block contains all elements from the first to the last one of the given block, in row-major
 * order.
 */
function reshaped(ranges: readonly Interval[], from: Shape, to: Shape): readonly Interval[] {
  if (from.join() === to.join()) return ranges;
  const flat = (end: 0 | 1) => from.reduce((at, size, axis) => at * size + ranges[axis][end], 0);
  const position = (at: number) => {
    const places: number[] = [];
    let left = at;
    for (const size of [...to].reverse()) {
      places.unshift(left % size);
      left = Math.floor(left / size);
    }
    return places;
  };
  const [first, last] = [position(flat(0)), position(flat(1))];
  const split = first.findIndex((place, axis) => place !== last[axis]);
  return to.map((size, axis) =>
    split < 0 || axis <= split ? [first[axis], last[axis]] : [0, size - 1],
  );
}

/** Returns the window of a box over its input k. */
export function windowAt(window: InputWindow | readonly InputWindow[], k: number): InputWindow {
  return isList(window) ? window[k] : window;
}
