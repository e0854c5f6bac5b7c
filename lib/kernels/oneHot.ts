import type { Tensor2D } from '@tensorflow/tfjs-core';
import { constant } from './constant.ts';

/**
 * One row a label: 1 at the label, 0 elsewhere. Written here because tfjs's own kernel on wasm gives integers
 * whatever dtype is asked for.
 */
export function oneHot(labels: ArrayLike<number>, classes: number): Tensor2D {
  const rows = new Float64Array(labels.length * classes);
  for (let n = 0; n < labels.length; n++) rows[n * classes + labels[n]] = 1;
  return constant(rows, [labels.length, classes]);
}
