import { InputError } from '../lib/errors.ts';
import { zeros, type Initializer } from '../lib/init/initializers.ts';
import { numElements } from '../lib/shapes.ts';
import type { AnyModule } from '../lib/module.ts';
import { withSafetensors, type SafetensorsFile } from '../formats/safetensors/safetensorsFile.ts';
import { loadWeights, type FileLayout } from '../formats/safetensors/weights.ts';
import { guessTorchvision, TORCHVISION_NETWORKS, torchvisionLayout } from './torchvision/layout.ts';

/** The header of a weights file: its tensors by name, and its metadata. */
export type WeightsHeader = Pick<SafetensorsFile, 'entries' | 'metadata'>;

/** The options of `loadTrainedNetwork`. */
export interface TrainedNetworkOptions<M extends AnyModule> {
  /** Builds the network. `init` fills its parameters with 0, because the file replaces them all. */
  readonly build: (init: Initializer) => M;
  /** The shape of one input: `[height, width, channels]` for an image. */
  readonly inputShape: readonly number[];
  /**
   * The name of the network, such as `resnet18`; by default `networkNameOf` finds it in the file.
   */
  readonly name?: string;
  /** The file's header, if it has been read already. */
  readonly header?: WeightsHeader;
}

/**
 * The largest number of elements by which a network may exceed its file. It is larger than any
 * network here (at most 144 million elements), so a file of another network is still reported
 * tensor by tensor.
 */
const MARGIN = 2e8;

/**
 * Builds a network and loads its parameters and buffers from a safetensors file. The file may use
 * boxprop's or torchvision's names of the tensors; the naming that matches more tensors is used.
 *
 * Errors: those of `loadWeights`; a network with far more elements than the file. (An untrusted
 *         header could name a huge network.)
 *
 *     const { network } = await loadTrainedNetwork('resnet18.safetensors', {
 *       inputShape: [224, 224, 3], build: (init) => resnet18({ rng: new Rng(0), init }) });
 *
 * @returns the network and the file's metadata.
 */
export async function loadTrainedNetwork<M extends AnyModule>(
  file: string,
  { build, inputShape, header, name: given }: TrainedNetworkOptions<M>,
): Promise<{ network: M; metadata: Record<string, string> }> {
  const { entries, metadata } = header ?? (await readWeightsHeader(file));
  const name = given ?? networkNameOf({ entries, metadata });
  const network = build(boundedZeros(file, entries));
  const tensors = { ...network.params, ...network.buffers };
  const matches = (names: readonly string[]) => names.filter((one) => entries.has(one)).length;
  // A checkpoint also holds the optimizer's tensors, which are ignored.
  let layout: FileLayout = { stored: {}, ignored: /^optimizer\// };
  if (name !== undefined && TORCHVISION_NETWORKS.includes(name)) {
    const torchvision = torchvisionLayout(name, network, inputShape);
    const theirs = Object.values(torchvision.stored).map((stored) => stored.name);
    if (matches(theirs) > matches(Object.keys(tensors))) layout = torchvision;
  }
  try {
    return { network, metadata: await loadWeights(file, tensors, layout) };
  } catch (error) {
    network.dispose();
    throw error;
  }
}

/** Reads the header of a weights file. Errors: those of `withSafetensors`. */
export function readWeightsHeader(file: string): Promise<WeightsHeader> {
  return withSafetensors(file, ({ entries, metadata }) => Promise.resolve({ entries, metadata }));
}

/**
 * Returns the network's name from the file's metadata, or else guesses the torchvision network from
 * the names of the tensors; undefined if neither works.
 */
export function networkNameOf({ entries, metadata }: WeightsHeader): string | undefined {
  return metadata.get('network') ?? guessTorchvision(new Set(entries.keys()));
}

/**
 * Makes an initializer that fills parameters with zeros. It throws once the network has far more
 * elements than the file.
 */
function boundedZeros(file: string, entries: WeightsHeader['entries']): Initializer {
  const stored = [...entries.values()].reduce((sum, { shape }) => sum + numElements(shape), 0);
  let total = 0;
  return (shape, fan, rng) => {
    total += numElements(shape);
    if (total <= stored + MARGIN) return zeros(shape, fan, rng);
    throw new InputError(
      `${file}: expected a network of its ${stored} elements, got one of ${total} or more`,
    );
  };
}
