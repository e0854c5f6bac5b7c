import { checkOptions } from '../lib/check.ts';
import { InputError } from '../lib/errors.ts';
import { zeros, type Initializer } from '../lib/init/initializers.ts';
import { numElements } from '../lib/shapes.ts';
import type { AnyModule } from '../lib/module.ts';
import { withSafetensors, type SafetensorsFile } from '../formats/safetensors/safetensorsFile.ts';
import type { FileLayout } from '../formats/safetensors/fileLayout.ts';
import { loadWeights } from '../formats/safetensors/weights.ts';
import { withoutWrapper, wrapperPrefixes } from '../formats/safetensors/wrapperPrefix.ts';
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

/** A network with the weights of a file. */
export interface TrainedNetwork<M extends AnyModule> {
  readonly network: M;
  /** The metadata of the file. */
  readonly metadata: Record<string, string>;
  /**
   * The prefix of a wrapper, such as `module.` of DataParallel, that all names in the file have and
   * that was removed; `''` if there is none.
   */
  readonly prefix: string;
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
 * Errors: those of `loadWeights`; a network with far more elements than the file, because an
 *         untrusted header could name a huge network; an unknown option.
 *
 *     const { network } = await loadTrainedNetwork('resnet18.safetensors', {
 *       inputShape: [224, 224, 3], build: (init) => resnet18({ rng: new Rng(0), init }) });
 */
export async function loadTrainedNetwork<M extends AnyModule>(
  file: string,
  options: TrainedNetworkOptions<M>,
): Promise<TrainedNetwork<M>> {
  checkOptions('loadTrainedNetwork', options, ['build', 'inputShape', 'name', 'header']);
  const { build, inputShape, header, name: given } = options;
  const { entries, metadata } = header ?? (await readWeightsHeader(file));
  const name = given ?? networkNameOf({ entries, metadata });
  const network = build(boundedZeros(file, entries));
  const tensors = { ...network.params, ...network.buffers };
  const matches = (names: readonly string[]) => {
    const { entries: found } = withoutWrapper(entries, names);
    return names.filter((one) => found.has(one)).length;
  };
  // A checkpoint also holds the optimizer's tensors, which are ignored.
  let layout: FileLayout = { stored: {}, ignored: /^optimizer\// };
  if (name !== undefined && TORCHVISION_NETWORKS.includes(name)) {
    const torchvision = torchvisionLayout(name, network, inputShape);
    const theirs = Object.values(torchvision.stored).map((stored) => stored.name);
    if (matches(theirs) > matches(Object.keys(tensors))) layout = torchvision;
  }
  const names = Object.keys(tensors).map((key) => layout.stored[key]?.name ?? key);
  try {
    const stored = await loadWeights(file, tensors, layout);
    return { network, metadata: stored, prefix: withoutWrapper(entries, names).prefix };
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
 * the names of the tensors, without the prefix of a wrapper; undefined if neither works.
 */
export function networkNameOf({ entries, metadata }: WeightsHeader): string | undefined {
  const names = [...entries.keys()];
  return (
    metadata.get('network') ??
    wrapperPrefixes(names)
      .map(({ length }) => guessTorchvision(new Set(names.map((name) => name.slice(length)))))
      .find((guess) => guess !== undefined)
  );
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
