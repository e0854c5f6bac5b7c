import { reshape, tidy, type Tensor } from '@tensorflow/tfjs-core';
import { sumOver } from './sets.ts';

/** The sum over all axes but the last `trailing`: what a parameter's gradient gathers from a batch. */
export function sumLeading(x: Tensor, trailing = 1): Tensor {
  const kept = x.shape.slice(x.rank - trailing);
  const columns = kept.reduce((product, size) => product * size, 1);
  const sets = { outer: 1, rows: x.size / columns, groups: columns, columns: 1 };
  return tidy(() => reshape(sumOver(x, sets), kept));
}
