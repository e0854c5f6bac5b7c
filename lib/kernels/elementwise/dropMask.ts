import type { Rank, ShapeMap, Tensor } from '@tensorflow/tfjs-core';
import { nameOf } from '../../check.ts';
import { BoxError, show } from '../../errors.ts';
import { numElements } from '../../init/initializers.ts';
import type { Rng } from '../../rng.ts';
import { constant } from '../../constant.ts';

/**
 * 0 with probability p, else 1/(1 − p): one draw an element, row by row, so that the same generator gives the same
 * mask on every backend. Refuses, in the name of `box.forward`, to draw without a generator.
 */
export function dropMask<R extends Rank>(
  box: object,
  shape: ShapeMap[R],
  p: number,
  rng: Rng | undefined,
): Tensor<R> {
  if (rng === undefined) {
    throw new BoxError(
      [`${nameOf(box)}.forward`],
      'expected context.rng, such as new Rng(0), to draw the mask from in training, got undefined',
    );
  }
  const mask = rng.uniforms(numElements(shape));
  const kept = 1 / (1 - p);
  for (let i = 0; i < mask.length; i++) mask[i] = mask[i] < p ? 0 : kept;
  return constant(mask, shape);
}

/** Refuses a p that would leave nothing, or is no probability. */
export function checkDropProbability(box: object, p: number): void {
  if (!(p >= 0 && p < 1)) {
    throw new BoxError([nameOf(box)], `expected p to be at least 0 and below 1, got ${show(p)}`);
  }
}
