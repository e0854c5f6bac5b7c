import { checkSize, nameOf } from './check.ts';
import { BoxError, show } from './errors.ts';
import type { PositionWindow, Shape } from './facts.ts';
import { perPosition, samePosition } from './window.ts';

/**
 * Throws if a number cannot be an axis of an example. Axes are counted from 1, because axis 0 is
 * the batch, or from the end with negative numbers.
 */
export function checkAxis(box: object, axis: number): void {
  if (Number.isSafeInteger(axis) && axis < 0) return;
  checkSize(box, 'axis', axis);
}

/** Returns the index of an axis in a shape. Throws if the shape has no such axis. */
export function axisOf(box: object, axis: number, shape: Shape): number {
  const at = axis < 0 ? shape.length + axis : axis;
  if (at > 0 && at < shape.length) return at;
  throw new BoxError(
    [`${nameOf(box)}.forward`],
    `expected an input with axis ${axis} beside the batch, got the shape ${show([...shape])}`,
  );
}

/**
 * Returns the window of a box that takes cells along one axis: output cell i is input cell
 * `inputAt(i)`.
 *
 * @param step the distance of the inputs of two neighbouring outputs.
 */
export function windowAlong(
  input: Shape,
  axis: number,
  inputAt: (output: number) => number,
  step: number,
): PositionWindow {
  const along = perPosition((output) => [inputAt(output)]);
  const dependencies = input.map((_, k) => (k === axis ? along : samePosition));
  return {
    axes: dependencies
      .slice(1, -1)
      .map((inputsOf, k) => ({ size: 1, step: k + 1 === axis ? step : 1, inputsOf })),
    channels: dependencies[dependencies.length - 1],
  };
}
