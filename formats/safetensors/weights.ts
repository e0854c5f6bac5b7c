import type { Tensor, Variable } from '@tensorflow/tfjs-core';
import { InputError, show } from '../../lib/errors.ts';
import { disposeTensors } from '../../lib/memory.ts';
import { assignWeights } from './assignWeights.ts';
import { AS_IT_IS, storedAs, type FileLayout } from './fileLayout.ts';
import { finiteFloats } from './finiteFloats.ts';
import { toStored, type Stored } from './layout.ts';
import { bytesOf, layOut, type SafetensorsInfo } from './safetensors.ts';
import { withTensorFile } from '../withTensorFile.ts';
import { writeFileAtomic } from '../../lib/files/writeFileAtomic.ts';

/**
 * Saves tensors by name as float32 in a safetensors file, atomically. The file contains the values
 * at the time of the call, even if variables are assigned while it is written. At most one tensor
 * at a time is copied. The doubles of the float64 backend are rounded.
 *
 * Errors: a tensor that is not float32; a file that cannot be written.
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
  // A clone costs nothing. It preserves these values even if the variable is assigned while the
  // file is written.
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
 * Sets variables from a safetensors or PyTorch file with the same names and shapes, or with those
 * of `layout`. If the file is invalid or does not match, no variable is set. F16, BF16 and F64
 * weights become float32. If a PyTorch wrapper has put a prefix, such as `module.`, in front of all
 * names, the prefix is removed if the names match without it. In addition to the variables, only
 * the header and one tensor are in memory.
 *
 * Errors: a file that cannot be read; names or shapes that do not match (the message lists the
 *         first few); a value that is not finite (the message names its tensor). After such a
 *         value, or if the disk fails or the file is truncated during the read, the variables that
 *         were already set keep their new values.
 * @returns the file's metadata.
 */
export async function loadWeights(
  file: string,
  params: Readonly<Record<string, Variable>>,
  layout: FileLayout = AS_IT_IS,
): Promise<Record<string, string>> {
  return withTensorFile(file, (opened) => assignWeights(file, opened, params, layout));
}

/**
 * Reads every tensor of a file of weights, one after the other, and checks that its values are
 * finite.
 *
 * Errors: those of `withTensorFile` and `finiteFloats`.
 */
export function checkFiniteWeights(file: string): Promise<void> {
  return withTensorFile(file, async ({ entries, readParts }) => {
    for (const { name, ...entry } of entries.values()) {
      await readParts({ name, ...entry }, (data, start) => {
        finiteFloats(file, name, { data }, start);
      });
    }
  });
}
