import type { Tensor } from '@tensorflow/tfjs-core';
import { constant } from '../../lib/constant.ts';
import type { Interval, Shape } from '../../lib/facts.ts';
import { numElements } from '../../lib/shapes.ts';

/**
 * The smallest block, without the batch axis, that contains all elements with a nonzero gradient;
 * undefined if there are none. With `position`, only elements whose first indices equal it count.
 */
export function reach(grad: Tensor, position: readonly number[] = []): Interval[] | undefined {
  const values = grad.dataSync();
  const sizes = grad.shape.slice(1);
  let block: Interval[] | undefined;
  values.forEach((value, i) => {
    if (value === 0) return;
    const at = positionOf(i % numElements(sizes), sizes);
    if (position.some((place, axis) => place !== at[axis])) return;
    block = at.map((place, axis) => {
      const [first, last] = block?.[axis] ?? [place, place];
      return [Math.min(first, place), Math.max(last, place)];
    });
  });
  return block;
}

/** The indices of an element, from its row-major index. */
export function positionOf(flat: number, sizes: Shape): number[] {
  let left = flat;
  return sizes.reduceRight<number[]>((at, size) => {
    const place = left % size;
    left = Math.floor(left / size);
    return [place, ...at];
  }, []);
}

/** A tensor of zeros with a 1 at one element of every second example. */
export function oneHot(shape: Shape, at: readonly number[]): Tensor {
  const size = numElements(shape.slice(1));
  const flat = at.reduce((index, place, axis) => index * shape[axis + 1] + place, 0);
  const values = new Float64Array(numElements(shape));
  for (let n = 0; n < shape[0]; n += 2) values[n * size + flat] = 1;
  return constant(values, [...shape]);
}
