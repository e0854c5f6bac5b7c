import { reshape, tidy, type Tensor } from '@tensorflow/tfjs-core';
import { numElements } from '../../shapes.ts';
import { sumOver } from '../normalize/reductionGroups.ts';

/**
 * Returns the sum over the axes in which `shape` has the size 1. This is the gradient of a tensor
 * of this shape that was repeated along these axes.
 *
 *     sumTo(gradOutput, [N, 1, 1, C]); // from [N, H, W, C]
 */
export function sumTo(x: Tensor, shape: readonly number[]): Tensor {
  return tidy(() => {
    let sum = x;
    for (let axis = 0; axis < shape.length; axis++) {
      if (sum.shape[axis] === shape[axis]) continue;
      // The sum runs over all axes from here up to the next one that is kept.
      let end = axis + 1;
      while (end < shape.length && shape[end] === 1) end++;
      const [before, over, after] = [
        sum.shape.slice(0, axis),
        sum.shape.slice(axis, end),
        sum.shape.slice(end),
      ];
      const grouping = {
        outer: numElements(before),
        rows: numElements(over),
        groups: numElements(after),
        columns: 1,
      };
      sum = reshape(sumOver(sum, grouping), [...before, ...over.map(() => 1), ...after]);
    }
    return sum === x ? x.clone() : sum;
  });
}
