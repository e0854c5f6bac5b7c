import type { AnyModule } from '../lib/propagate.ts';
import { withSafetensors } from '../formats/safetensors/safetensorsFile.ts';
import { guessTorchvision, TORCHVISION_NETWORKS, torchvisionLayout } from './torchvision/layout.ts';
import { loadWeights, type FileLayout } from '../formats/safetensors/weights.ts';

/**
 * Sets the parameters and buffers of a network from a file with boxprop's names, or with those of torchvision, whichever
 * the file has more of.
 *
 * Errors: those of `loadWeights`.
 * @returns the file's metadata.
 */
export async function loadNetwork(
  file: string,
  name: string,
  network: AnyModule,
  inputShape: readonly number[],
): Promise<Record<string, string>> {
  const tensors = { ...network.params, ...network.buffers };
  const names = await withSafetensors(file, ({ entries }) =>
    Promise.resolve(new Set(entries.keys())),
  );
  const known = (of: readonly string[]) => of.filter((one) => names.has(one)).length;
  // A checkpoint of a training has its optimizer's tensors too.
  let layout: FileLayout = { stored: {}, ignored: /^optimizer\// };
  if (TORCHVISION_NETWORKS.includes(name)) {
    const torchvision = torchvisionLayout(name, network, inputShape);
    const theirs = Object.values(torchvision.stored).map((stored) => stored.name);
    if (known(theirs) > known(Object.keys(tensors))) layout = torchvision;
  }
  return loadWeights(file, tensors, layout);
}

/** The network that a file's weights are of: what its metadata says, or by the names that torchvision has for it. */
export async function networkOfFile(file: string): Promise<string | undefined> {
  return withSafetensors(file, ({ entries, metadata }) =>
    Promise.resolve(metadata.get('network') ?? guessTorchvision(new Set(entries.keys()))),
  );
}
