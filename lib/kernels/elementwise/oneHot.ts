import {
  cast,
  equal,
  reshape,
  tensor1d,
  tidy,
  type Tensor,
  type Tensor2D,
} from '@tensorflow/tfjs-core';
import { constant } from '../../constant.ts';

/**
 * Returns one row per label. The row is 0 except at the label, where it has the label's value in
 * `values`, by default 1. A label with the value 0 may lie outside the classes. tfjs's own kernel
 * on wasm ignores the dtype and returns integers.
 *
 * Shapes: output [labels, classes].
 */
export function oneHot(
  labels: ArrayLike<number>,
  classes: number,
  values?: ArrayLike<number>,
): Tensor2D {
  const rows = new Float64Array(labels.length * classes);
  for (let n = 0; n < labels.length; n++) {
    const value = values ? values[n] : 1;
    if (value !== 0) rows[n * classes + labels[n]] = value;
  }
  return constant(rows, [labels.length, classes]);
}

/**
 * Returns one row per label, with 1 at the label and 0 elsewhere. The labels are in a tensor, whose
 * values are not read back.
 *
 * Shapes: labels any; output [size of labels, classes].
 */
export function atClass(labels: Tensor, classes: number): Tensor2D {
  return tidy(() => {
    const all = tensor1d(Int32Array.from({ length: classes }, (_, k) => k));
    return cast<Tensor2D>(equal(reshape(labels, [-1, 1]), all), 'float32');
  });
}
