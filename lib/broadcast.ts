import type { Tensor } from '@tensorflow/tfjs-core';
import { checkInput, checkList, checkRank, nameOf } from './check.ts';
import { BoxError } from './errors.ts';
import type { InputWindow, Shape } from './facts.ts';
import { allPositions, samePosition } from './window.ts';

/**
 * Returns the shape of the output of a box that combines its inputs element by element. An axis
 * after the first one may have the size 1 in some inputs. These inputs are repeated along it. The
 * first axis, the batch, is never repeated, because each example has its own values.
 *
 * Throws for inputs whose shapes differ in another way.
 */
export function broadcastShape(box: object, shapes: readonly Shape[]): Shape {
  checkList(box, shapes);
  for (const shape of shapes) checkRank(box, shape, 0);
  const output = shapes[0].map((_, axis) => Math.max(...shapes.map((shape) => shape[axis])));
  const fits = (shape: Shape) =>
    shape.length === output.length &&
    shape.every((size, axis) => size === output[axis] || (size === 1 && axis > 0));
  if (shapes.every(fits)) return output;
  throw new BoxError(
    [`${nameOf(box)}.forward`],
    `expected inputs of one shape, except for axes of size 1 after the batch, got ${shapes
      .map((shape) => `[${shape.join(', ')}]`)
      .join(' and ')}`,
  );
}

/** Returns `broadcastShape` of the inputs. Throws also if one of them is not a float tensor. */
export function checkBroadcast(box: object, inputs: readonly Tensor[]): Shape {
  checkList(box, inputs);
  for (const input of inputs) checkInput(box, input, 0);
  return broadcastShape(
    box,
    inputs.map(({ shape }) => shape),
  );
}

/** Returns the window of a box over an input that is repeated to the shape of the output. */
export function broadcastWindow(input: Shape, output: Shape): InputWindow {
  if (input.every((size, axis) => size === output[axis])) return 'elementwise';
  const inputsOf = input.map((size, axis) =>
    size === output[axis] ? samePosition : allPositions(size),
  );
  return {
    axes: inputsOf.slice(1, -1).map((dependency, k) => ({
      size: 1,
      // All outputs along a repeated axis have the same window.
      step: input[k + 1] === output[k + 1] ? 1 : 0,
      inputsOf: dependency,
    })),
    channels: inputsOf[input.length - 1],
  };
}
