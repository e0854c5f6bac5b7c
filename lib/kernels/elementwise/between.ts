import { mul, step, sub, tidy, type Tensor } from '@tensorflow/tfjs-core';
import { scalar } from '../../constant.ts';

/** Returns 1 where low < x < high, 0 elsewhere, and NaN where x is NaN. */
export function between(x: Tensor, low: number, high: number): Tensor {
  // This product is positive only between the two bounds.
  return tidy(() => step(mul(sub(x, scalar(low)), sub(scalar(high), x))));
}
