import { tensor, tidy, type Tensor, type Variable } from '@tensorflow/tfjs-core';
import { InputError, show } from '../../lib/errors.ts';
import { disposeTensors } from '../../lib/memory.ts';
import { fromStored, toStored, type Stored } from './layout.ts';
import { bytesOf, layOut, type SafetensorsInfo, type SafetensorsTensor } from './safetensors.ts';
import { withSafetensors } from './safetensorsFile.ts';
import { brief } from './safetensorsHeader.ts';
import { mismatches } from './mismatches.ts';
import { withoutWrapper } from './wrapperPrefix.ts';
import { writeFileAtomic } from '../../lib/files/writeFileAtomic.ts';

/**
 * The names and forms of a network's variables in a file of another framework; `torchLayout` and
 * `torchvisionLayout` return one.
 */
export interface FileLayout {
  /**
   * The form of each variable in the file, by its name here. A variable without an entry is stored
   * unchanged.
   */
  readonly stored: Readonly<Record<string, Stored>>;
  /** Matches names in the file that do not belong to the network. */
  readonly ignored?: RegExp;
}

const AS_IT_IS: FileLayout = { stored: {} };

/**
 * Saves tensors by name as float32 in a safetensors file, atomically. The file gets the values at
 * the time of the call, even if variables are assigned while it is written. At most one tensor is
 * in memory twice. The doubles of the float64 backend are rounded.
 *
 * Errors: a tensor that is not float32, a file that cannot be written.
 */
export async function saveWeights(
  file: string,
  params: Readonly<Record<string, Tensor>>,
  metadata: Readonly<Record<string, string>> = {},
  layout: FileLayout = AS_IT_IS,
): Promise<void> {
  const tensors: Record<string, { stored: Stored; values: Tensor }> = {};
  const infos: Record<string, SafetensorsInfo> = {};
  for (const [name, param] of Object.entries(params)) {
    if (param.dtype !== 'float32') {
      throw new InputError(`${file}: tensor ${show(name)}: expected float32, got ${param.dtype}`);
    }
    const stored = storedAs(name, param, layout);
    tensors[stored.name] = { stored, values: param };
    infos[stored.name] = { dtype: 'F32', shape: stored.shape };
  }
  const { head, names } = layOut(infos, metadata);
  // A clone costs nothing, and keeps these values even if the variable is assigned while the file
  // is written.
  const clones = names.map((name) => ({ ...tensors[name], values: tensors[name].values.clone() }));
  async function* bytes() {
    yield head;
    for (const { stored, values } of clones) {
      const data = await values.data<'float32'>();
      values.dispose();
      yield bytesOf(
        toStored(data instanceof Float32Array ? data : Float32Array.from(data), stored),
      );
    }
  }
  try {
    await writeFileAtomic(file, bytes());
  } finally {
    disposeTensors(clones);
  }
}

/**
 * Sets variables from a safetensors file with the same names and shapes, or with those of `layout`.
 * If the file is invalid or does not match, no variable is set. F16, BF16 and F64 weights become
 * float32. A prefix of all names that a wrapper of PyTorch put there, such as `module.`, is removed
 * if the names fit without it. In addition to the variables, only the header and one tensor are in
 * memory.
 *
 * Errors: a file that cannot be read; names or shapes that do not match, the first few by name; a
 *         value that is not finite, with its tensor. After such a value, or if the disk fails or
 *         the file is truncated during the read, the variables that were already read stay set.
 * @returns the file's metadata.
 */
export async function loadWeights(
  file: string,
  params: Readonly<Record<string, Variable>>,
  layout: FileLayout = AS_IT_IS,
): Promise<Record<string, string>> {
  return withSafetensors(file, async ({ entries, metadata, read }) => {
    const wanted = Object.entries(params).map(([name, variable]) => {
      return { variable, stored: storedAs(name, variable, layout) };
    });
    const names = wanted.map(({ stored }) => stored.name);
    const { entries: found } = withoutWrapper(entries, names);
    const problems = mismatches(wanted, found, layout.ignored);
    if (problems.length > 0) throw new InputError(`${file}: ${problems.join('; ')}`);
    for (const { variable, stored } of wanted) {
      const entry = found.get(stored.name);
      if (entry === undefined) continue;
      const values = fromStored(finiteFloats(file, entry.name, await read(entry)), stored);
      tidy(() => void variable.assign(tensor(values, variable.shape, 'float32')));
    }
    return Object.fromEntries(metadata);
  });
}

/**
 * Reads every tensor of a safetensors file, one after the other, and checks that its values are
 * finite.
 *
 * Errors: those of `withSafetensors` and `finiteFloats`.
 */
export function checkFiniteWeights(file: string): Promise<void> {
  return withSafetensors(file, async ({ entries, read }) => {
    for (const entry of entries.values()) finiteFloats(file, entry.name, await read(entry));
  });
}

function storedAs(name: string, { shape }: Tensor, { stored }: FileLayout): Stored {
  return Object.hasOwn(stored, name) ? stored[name] : { name, shape };
}

/**
 * Returns the values of a tensor in single precision.
 *
 * Errors: `w.safetensors: tensor "fc.bias": expected finite values, got NaN at index 3, so the
 *         training that wrote it had diverged`; a double beyond single precision.
 */
export function finiteFloats(
  file: string,
  name: string,
  { data }: SafetensorsTensor,
): Float32Array {
  const values = data instanceof Float32Array ? data : Float32Array.from(data, Number);
  // x − x is 0 for a finite x and NaN for any other, so the sum is 0 only if all x are finite. It
  // takes half the time of a test of each x.
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i] - values[i];
  if (sum === 0) return values;
  const index = values.findIndex((value) => !Number.isFinite(value));
  const value = Number(data[index]);
  const reason = Number.isFinite(value)
    ? 'which single precision cannot hold'
    : 'so the training that wrote it had diverged';
  throw new InputError(
    `${file}: tensor ${brief(name)}: expected finite values, got ${value} at index ${index}, ${reason}`,
  );
}
