import { readFile } from 'node:fs/promises';
import { tensor, tidy } from '@tensorflow/tfjs-core';
import type { Tensor, Variable } from '@tensorflow/tfjs-core';
import { InputError, show } from '../errors.ts';
import { decodeSafetensors, encodeSafetensors } from './safetensors.ts';
import type { SafetensorsTensor } from './safetensors.ts';
import { systemProblem } from './systemError.ts';
import { writeFileAtomic } from './writeFileAtomic.ts';

/**
 * Saves tensors by name as float32 in a safetensors file, whole or not at all. Doubles of the float64 backend are
 * rounded.
 *
 * Errors: a tensor that is not float32, a file that cannot be written.
 */
export async function saveWeights(
  file: string,
  params: Readonly<Record<string, Tensor>>,
  metadata: Readonly<Record<string, string>> = {},
): Promise<void> {
  const tensors = Object.entries(params).map(async ([name, param]): Promise<[string, SafetensorsTensor]> => {
    if (param.dtype !== 'float32') {
      throw new InputError(`${file}: tensor ${show(name)}: expected float32, got ${param.dtype}`);
    }
    return [name, { dtype: 'F32', shape: param.shape, data: new Float32Array(await param.data()) }];
  });
  await writeFileAtomic(file, encodeSafetensors(Object.fromEntries(await Promise.all(tensors)), metadata));
}

/**
 * Sets variables from a safetensors file of the same names and shapes: all of them, or none. F16, BF16 and F64
 * weights become float32. Leaves the number of live tensors as it was.
 *
 * Errors: a file that cannot be read, and one line with all that does not match:
 * `w.safetensors: "bias": missing; "scale": unexpected; "weight": expected shape [2, 3], got [3, 2]`.
 * @returns the file's metadata.
 */
export async function loadWeights(
  file: string,
  params: Readonly<Record<string, Variable>>,
): Promise<Record<string, string>> {
  const bytes = await readFile(file).catch((error: unknown) => {
    throw new InputError(`${file}: cannot be read: ${systemProblem(error)}`, { cause: error });
  });
  const { tensors, metadata } = decodeSafetensors(bytes, file);
  const problems = [
    ...Object.entries(params).flatMap(([name, variable]) => mismatch(name, variable, tensors[name])),
    ...Object.keys(tensors).flatMap((name) =>
      Object.hasOwn(params, name) ? [] : `${show(name)}: unexpected`,
    ),
  ];
  if (problems.length > 0) throw new InputError(`${file}: ${problems.join('; ')}`);

  tidy(() => {
    const values = Object.entries(params).map(([name, variable]) => {
      return [variable, tensor(floats(tensors[name]), variable.shape, 'float32')] as const;
    });
    for (const [variable, value] of values) variable.assign(value);
  });
  return metadata;
}

/** What is wrong with one variable's weights; empty if nothing is. */
function mismatch(name: string, variable: Variable, weights: SafetensorsTensor | undefined): string[] {
  if (!weights) return [`${show(name)}: missing`];
  if (show(weights.shape) !== show(variable.shape)) {
    return [`${show(name)}: expected shape ${show(variable.shape)}, got ${show(weights.shape)}`];
  }
  if (!(weights.data instanceof Float32Array || weights.data instanceof Float64Array)) {
    return [`${show(name)}: expected floating-point weights, got ${weights.dtype}`];
  }
  if (variable.dtype !== 'float32')
    return [`${show(name)}: expected a float32 variable, got ${variable.dtype}`];
  return [];
}

function floats({ data }: SafetensorsTensor): Float32Array {
  return data instanceof Float32Array ? data : Float32Array.from(data, Number);
}
