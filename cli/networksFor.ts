import { InputError } from '../lib/errors.ts';
import { networkNameOf, readWeightsHeader } from '../models/loadTrainedNetwork.ts';
import { isOnnxFile } from './onnxNetwork.ts';
import { NETWORK_NAMES } from './resolveNetwork.ts';

/**
 * Returns the network that `--network` gives to each of several weights files. ONNX files, and
 * weights that name a network of boxprop, keep theirs; for a single file it replaces that one.
 *
 * Errors: a network that none of the files needs; weights that cannot be read.
 */
export async function networksFor(
  files: readonly string[],
  named: string | undefined,
): Promise<(string | undefined)[]> {
  if (named === undefined || files.length < 2) return files.map(() => named);
  const found: (string | undefined)[] = [];
  for (const file of files) found.push((await namesItsNetwork(file)) ? undefined : named);
  if (found.includes(named)) return found;
  throw new InputError(
    `--network: expected weights that do not name their network, got ${files.join(', ')}: leave it out`,
  );
}

async function namesItsNetwork(file: string): Promise<boolean> {
  if (isOnnxFile(file)) return true;
  const name = networkNameOf(await readWeightsHeader(file));
  return name !== undefined && NETWORK_NAMES.includes(name);
}
