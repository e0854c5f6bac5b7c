import type { Tensor } from '@tensorflow/tfjs-core';
import { constant } from '../../lib/constant.ts';

/**
 * The values of a tensor in double precision, in the form in which they are sent between the page
 * and its worker.
 */
export interface Value {
  readonly shape: readonly number[];
  readonly values: Float64Array;
}

/** An element of a list of tensors, by the index of the tensor and the index in the tensor. */
export type Element = readonly [tensor: number, index: number];

/** Reads a tensor. The backend must be `float64`, which keeps double precision. */
export function toValue(tensor: Tensor): Value {
  return { shape: tensor.shape, values: Float64Array.from(tensor.dataSync()) };
}

/** Makes a tensor. The caller disposes it. */
export function toTensor({ shape, values }: Value): Tensor {
  return constant(values, [...shape]);
}

/** Makes a value of this shape in which element `index` is 1 and all others are 0. */
export function oneHot(shape: readonly number[], index: number): Value {
  const values = new Float64Array(shape.reduce((size, length) => size * length, 1));
  values[index] = 1;
  return { shape, values };
}

/** Returns a copy of a value in which one element has changed. */
export function withElement({ shape, values }: Value, index: number, element: number): Value {
  const changed = Float64Array.from(values);
  changed[index] = element;
  return { shape, values: changed };
}

/** Makes a value of the same shape whose elements are all 0. */
export function zeros({ shape, values }: Value): Value {
  return { shape, values: new Float64Array(values.length) };
}
