import type { Rank, ShapeMap, Tensor } from '@tensorflow/tfjs-core';
import { nameOf } from '../../check.ts';
import { BoxError, show } from '../../errors.ts';
import { numElements } from '../../shapes.ts';
import type { Context } from '../../module.ts';
import { constant } from '../../constant.ts';

/**
 * Draws a mask whose elements are 0 with probability p, else 1/(1 − p). One number is drawn per
 * element, row by row, so the same generator gives the same mask on every backend. If the examples
 * are a share of a batch, the mask is the same share of the mask of the whole batch.
 *
 * Errors: a missing generator; the message names `box.forward`.
 */
export function dropMask<R extends Rank>(
  box: object,
  shape: ShapeMap[R],
  p: number,
  { rng, share }: Pick<Context, 'rng' | 'share'> = {},
): Tensor<R> {
  if (rng === undefined) {
    throw new BoxError(
      [`${nameOf(box)}.forward`],
      'expected context.rng, such as new Rng(0), to draw the mask from in training, got undefined',
    );
  }
  const [examples] = shape;
  const { from, of } = share ?? { from: 0, of: examples };
  const perExample = numElements(shape.slice(1));
  const own = rng.clone();
  own.skip(from * perExample);
  const mask = own.uniforms(examples * perExample);
  rng.skip(of * perExample);
  const kept = 1 / (1 - p);
  for (let i = 0; i < mask.length; i++) mask[i] = mask[i] < p ? 0 : kept;
  return constant(mask, shape);
}

/**
 * Throws an error that names the box, unless 0 ≤ p < 1. With p = 1, all elements would be dropped.
 */
export function checkDropProbability(box: object, p: number): void {
  if (!(p >= 0 && p < 1)) {
    throw new BoxError([nameOf(box)], `expected p to be at least 0 and below 1, got ${show(p)}`);
  }
}
