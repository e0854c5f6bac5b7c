import type { Tensor } from '@tensorflow/tfjs-core';
import { isTensor } from './check.ts';
import { constant } from './constant.ts';
import { InputError, show } from './errors.ts';
import type { Shape } from './facts.ts';
import { disposeTensors } from './memory.ts';

/** Numbers, or lists of them of equal length: `[[1, 2], [3, 4]]` has the shape [2, 2]. */
export type NestedArray = number | readonly NestedArray[];

/** An output, as plain values in row-major order. */
export interface Prediction {
  readonly shape: Shape;
  readonly values: ArrayLike<number>;
}

/** The part of a box that a prediction needs. */
interface Predictor {
  readonly arity: 'tensor' | 'list';
  infer(input: unknown): unknown;
}

/** Implements `Module.predict`. Disposes every tensor that it creates. */
export async function predict(box: Predictor, input: unknown): Promise<Prediction> {
  const isList = box.arity === 'list';
  if (isList && !Array.isArray(input)) {
    throw new InputError(`predict: expected a list of inputs, got ${show(input)}`);
  }
  const inputs = (isList ? (input as readonly unknown[]) : [input]).map(asTensor);
  const made: unknown[] = [...inputs];
  try {
    const output = box.infer(isList ? inputs : inputs[0]);
    made.push(output);
    if (!isTensor(output)) {
      throw new InputError(
        `predict: expected a box that returns one tensor, got ${show(output)}; call infer`,
      );
    }
    const { shape } = output;
    return { shape, values: await output.data() };
  } finally {
    disposeTensors(made);
  }
}

function asTensor(input: unknown): Tensor {
  if (isTensor(input)) return input.clone();
  const shape = shapeOf(input);
  const values = shape.length === 0 ? [input] : [input].flat(shape.length + 1);
  return constant(values as number[], shape as [number]);
}

function shapeOf(value: unknown): number[] {
  if (typeof value === 'number') return [];
  if (!Array.isArray(value)) {
    throw new InputError(
      `predict: expected a tensor or nested arrays of numbers, got ${show(value)}`,
    );
  }
  const [first, ...others] = value.map(shapeOf);
  const odd = others.find((shape) => shape.join() !== first.join());
  if (odd !== undefined) {
    throw new InputError(
      `predict: expected entries of one shape, got ${show(first)} and ${show(odd)}`,
    );
  }
  return [value.length, ...(first ?? [])];
}
