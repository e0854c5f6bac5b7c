import {
  add,
  equal,
  mul,
  onesLike,
  reciprocal,
  sqrt,
  square,
  sub,
  tidy,
  where,
  zerosLike,
  type Tensor,
  type Tensor2D,
} from '@tensorflow/tfjs-core';
import { scalar } from '../../constant.ts';
import { onTensorflow, runOperation } from '../backends/tensorflow.ts';
import { powOf } from './keepNaN.ts';

/*
 * On TensorFlow these operations bypass tfjs, because an optimizer updates many small tensors. For
 * a small tensor, tfjs takes longer to look up types and shapes than TensorFlow takes to compute
 * the result.
 */

/** Returns a + b. */
export const plus = direct('AddV2', add);

/** Returns a b. */
export const times = direct('Mul', mul);

/** Returns a − b. */
export const minus = direct('Sub', sub);

function direct(name: string, byTfjs: (a: Tensor, b: Tensor) => Tensor) {
  return (a: Tensor, b: Tensor): Tensor =>
    onTensorflow() ? runOperation(name, {}, [a, b]) : byTfjs(a, b);
}

/** Returns x + b, with one b per index of the last axis. */
export function addBias<T extends Tensor>(x: T, bias: Tensor): T {
  return onTensorflow() ? runOperation<T>('BiasAdd', {}, [x, bias]) : add<T>(x, bias);
}

/**
 * Returns t x, and 0 where t is 0 even if x is infinite. For example, x is the log of a probability
 * of 0, and its target t is 0.
 */
export function mulNoNan(target: Tensor2D, x: Tensor2D): Tensor2D {
  if (onTensorflow()) return runOperation('MulNoNan', {}, [x, target]);
  return tidy(() => where(equal(target, scalar(0)), zerosLike(x), mul(target, x)));
}

/**
 * Returns x^p. The exponents that occur in a Euclidean norm use special operations, which are ten
 * times as fast as the general power.
 */
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
      return powOf(x, p);
  }
}
