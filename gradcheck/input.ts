import { Tensor } from '@tensorflow/tfjs-core';
import { InputError, show } from '../lib/errors.ts';
import { isList } from '../lib/isList.ts';
import { readValues } from './onFloat64.ts';

/** The shape of a random input, or an input tensor. */
export type GradcheckInput = readonly number[] | Tensor;

/**
 * Returns the inputs as a list. A list of numbers is a single shape, and a list of tensors or
 * shapes is several inputs.
 */
export function inputList(
  input: GradcheckInput | readonly GradcheckInput[],
): readonly GradcheckInput[] {
  const isShape = (value: unknown): value is readonly number[] =>
    Array.isArray(value) && value.every((size) => Number.isInteger(size) && size >= 0);
  if (input instanceof Tensor || isShape(input)) return [input];
  const list = isList(input) ? input : [];
  const odd = list.find((value) => !(value instanceof Tensor || isShape(value)));
  if (list.length > 0 && odd === undefined) return list;
  throw new InputError(
    `gradcheck: expected input to be a shape, a tensor, or a list of them, got ${show(odd ?? input)}`,
  );
}

/** Returns the shape of an input, and the values of a tensor. */
export async function readInput(
  input: GradcheckInput,
): Promise<{ shape: number[]; values?: Float64Array }> {
  if (!(input instanceof Tensor)) return { shape: [...input] };
  return { shape: [...input.shape], values: await readValues(input) };
}
