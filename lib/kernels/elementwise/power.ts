import { onesLike, pow, reciprocal, sqrt, square, type Tensor } from '@tensorflow/tfjs-core';
import { scalar } from '../../constant.ts';

/** x^p. The exponents of a Euclidean norm have operations of their own, ten times faster than the general power. */
export function power<T extends Tensor>(x: T, p: number): T {
  switch (p) {
    case -1:
      return reciprocal(x);
    case 0:
      return onesLike(x);
    case 0.5:
      return sqrt(x);
    case 1:
      return x.clone();
    case 2:
      return square(x);
    default:
      return pow(x, scalar(p));
  }
}
