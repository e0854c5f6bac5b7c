import { Tensor } from '@tensorflow/tfjs-core';
import { checkInput, nameOf } from './check.ts';
import { BoxError } from './errors.ts';

/**
 * Refuses an input whose last axes are not `trailing`, with at least `positions` axes between the batch and them.
 */
export function checkTrailing(
  box: object,
  input: Tensor,
  trailing: readonly number[],
  positions = 0,
): void {
  const rank = 1 + positions + trailing.length;
  const fits =
    !(input instanceof Tensor) ||
    (input.rank >= rank &&
      trailing.every((size, axis) => size === input.shape.at(axis - trailing.length)));
  if (!fits) {
    const between = positions > 0 ? 'positions, ..., ' : '..., ';
    throw new BoxError(
      [`${nameOf(box)}.forward`],
      `expected input of shape [N, ${between}${trailing.join(', ')}], got [${input.shape.join(', ')}]`,
    );
  }
  checkInput(box, input);
}
