import { tensor, tidy, type Variable } from '@tensorflow/tfjs-core';
import { InputError } from '../../lib/errors.ts';
import { storedAs, type FileLayout } from './fileLayout.ts';
import { finiteFloats } from './finiteFloats.ts';
import { storedInto } from './layout.ts';
import { mismatches } from './mismatches.ts';
import type { TensorFile } from '../tensorFile.ts';
import { withoutWrapper } from './wrapperPrefix.ts';

/**
 * Sets variables from an open file of weights, as described at `loadWeights`.
 *
 * @param file the name of the file, for error messages.
 * @returns the file's metadata.
 */
export async function assignWeights(
  file: string,
  { entries, metadata, readParts }: TensorFile,
  params: Readonly<Record<string, Variable>>,
  layout: FileLayout,
): Promise<Record<string, string>> {
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
    const values = new Float32Array(variable.size);
    const put = storedInto(values, stored);
    await readParts(entry, (data, start) =>
      put(finiteFloats(file, entry.name, { data }, start), start),
    );
    tidy(() => void variable.assign(tensor(values, variable.shape, 'float32')));
  }
  return Object.fromEntries(metadata);
}
