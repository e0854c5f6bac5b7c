import { engine, type Tensor } from '@tensorflow/tfjs-core';
import { Rng } from '../../lib/rng.ts';

/** The data of a tensor. The specs of the float64 backend call kernels by name on such data. */
export interface Data {
  readonly values: Float64Array | Int32Array | Uint8Array;
  readonly shape: number[];
  readonly dtype: 'float32' | 'int32' | 'bool';
}

export type Inputs = Record<string, Data> | Data[];

const rng = new Rng(7);
const size = (shape: number[]) => shape.reduce((a, b) => a * b, 1);

/**
 * Random values that single precision represents exactly, so all backends compute with the same
 * values.
 */
export function real(shape: number[], low = -2, high = 2): Data {
  return { values: rng.uniforms(size(shape), low, high).map(Math.fround), shape, dtype: 'float32' };
}

export function reals(...values: number[]): Data {
  return { values: Float64Array.from(values), shape: [values.length], dtype: 'float32' };
}

export function integers(shape: number[], low: number, below: number): Data {
  const values = Int32Array.from({ length: size(shape) }, () => low + rng.integer(below - low));
  return { values, shape, dtype: 'int32' };
}

export function ints(shape: number[], ...values: number[]): Data {
  return { values: Int32Array.from(values), shape, dtype: 'int32' };
}

export function bools(shape: number[]): Data {
  return {
    values: Uint8Array.from({ length: size(shape) }, () => rng.integer(2)),
    shape,
    dtype: 'bool',
  };
}

/**
 * Makes a tensor on the current backend. tfjs's types do not allow a Float64Array, but tfjs accepts
 * it.
 */
export function tensor({ values, shape, dtype }: Data): Tensor {
  return engine().makeTensor(values as Int32Array, shape, dtype);
}

/** Calls a kernel by name, without a tfjs-core op in between, and returns its outputs. */
export function run(kernel: string, inputs: Inputs, attrs: object): Data[] {
  let outputs: Data[] = [];
  engine().tidy(() => {
    const output = call(kernel, named(inputs, tensor), attrs);
    outputs = (Array.isArray(output) ? output : [output]).map(read);
  });
  return outputs;
}

export function call(kernel: string, tensors: object, attrs: object): Tensor | Tensor[] {
  return engine().runKernel(kernel, tensors as Record<string, Tensor>, { ...attrs });
}

/** Converts each input of a list or record with `make`. */
export function named<T>(inputs: Inputs, make: (data: Data) => T): T[] | Record<string, T> {
  if (Array.isArray(inputs)) return inputs.map(make);
  return Object.fromEntries(Object.entries(inputs).map(([name, data]) => [name, make(data)]));
}

function read(output: Tensor): Data {
  const values: ArrayLike<number> = output.dataSync();
  return {
    values: values as Data['values'],
    shape: output.shape,
    dtype: output.dtype as Data['dtype'],
  };
}

/** The sum of the products of the elements of two tensors. */
export function dot(a: Data, b: Data): number {
  let sum = 0;
  for (let i = 0; i < a.values.length; i++) sum += a.values[i] * b.values[i];
  return sum;
}
