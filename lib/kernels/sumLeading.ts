import { reshape, tidy, type Tensor } from '@tensorflow/tfjs-core';
import { count } from '../init.ts';
import { sumOver } from './sets.ts';

/** The sum over all axes but the last `trailing`: what a parameter's gradient gathers from a batch. */
export function sumLeading(x: Tensor, trailing = 1): Tensor {
  const kept = x.shape.slice(x.rank - trailing);
  const columns = count(kept);
  const sets = { outer: 1, rows: x.size / columns, groups: columns, columns: 1 };
  return tidy(() => reshape(sumOver(x, sets), kept));
}
