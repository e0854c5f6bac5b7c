import {
  abs,
  div,
  max,
  mul,
  reshape,
  sqrt,
  square,
  stack,
  type Scalar,
  type Tensor,
} from '@tensorflow/tfjs-core';
import { scalar } from '../../constant.ts';
import { tidy } from '../../memory.ts';
import { hostValues } from '../backends/hostValues.ts';
import { onTensorflow } from '../backends/tensorflow.ts';
import { passes } from '../graph/assume.ts';
import { sumOver } from '../normalize/reductionGroups.ts';

/**
 * Returns the sum of all values, which is precise for any number of values. tfjs's own sum on wasm
 * adds them one after the other in single precision: its sum of 37.7 million ones is 16.8 million.
 */
export function sumAll(x: Tensor): Scalar {
  const grouping = { outer: 1, rows: 1, groups: 1, columns: x.size };
  return tidy(() => reshape(sumOver(x, grouping), []));
}

/** Returns the mean of all values. */
export function meanAll(x: Tensor): Scalar {
  return tidy(() => mul(sumAll(x), scalar(1 / x.size)));
}

/** A norm as a product, because the product itself can overflow although all values are finite. */
export interface Norm {
  /** ‖x / scale‖ */
  readonly rest: Scalar;
  /** max |x| if a square overflows; otherwise undefined, which stands for 1. */
  readonly scale?: Scalar;
}

/**
 * Returns the norm ‖x‖ of all values of all tensors. If a square overflows, the norm is computed
 * from x / max |x|. To notice an overflow, the value of the norm is read. If only a GPU has the
 * value, it is not read, and the result is ∞ after an overflow.
 */
export function normOf(tensors: readonly Tensor[]): Norm {
  return tidy(() => {
    const norm = rootOfSquares(tensors);
    const isFinite = (value: number) => value !== Infinity;
    if (onTensorflow() ? passes(norm, isFinite) : hostValues(norm)?.[0] !== Infinity)
      return { rest: norm };
    const scale: Scalar = max(stack(tensors.map((x) => max(abs(x)))));
    if (hostValues(scale)?.[0] === Infinity) return { rest: norm };
    return { rest: rootOfSquares(tensors.map((x) => div(x, scale))), scale };
  });
}

function rootOfSquares(tensors: readonly Tensor[]): Scalar {
  return sqrt(sumAll(stack(tensors.map((x) => sumAll(square(x))))));
}
