import { checkOptions } from '../lib/check.ts';
import { InputError } from '../lib/errors.ts';
import { zeros, type Initializer } from '../lib/init/initializers.ts';
import { numElements } from '../lib/shapes.ts';
import type { AnyModule } from '../lib/module.ts';
import type { TensorFile } from '../formats/tensorFile.ts';
import { torchLayout } from '../formats/torch/torchLayout.ts';
import { withTensorFile } from '../formats/withTensorFile.ts';
import type { FileLayout } from '../formats/safetensors/fileLayout.ts';
import { loadWeights } from '../formats/safetensors/weights.ts';
import { withoutWrapper, wrapperPrefixes } from '../formats/safetensors/wrapperPrefix.ts';
import { guessPublished, publishedLayouts } from './publishedLayouts.ts';

/** The header of a weights file: its format, its tensors by name, and its metadata. */
export type WeightsHeader = Omit<TensorFile, 'read'>;

/** The options of `loadTrainedNetwork`. */
export interface TrainedNetworkOptions<M extends AnyModule> {
  /** Builds the network. `init` fills its parameters with 0, because the file replaces them all. */
  readonly build: (init: Initializer) => M | Promise<M>;
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

/** The layout of boxprop's own files. A checkpoint also holds the optimizer's tensors. */
const CHECKPOINT: FileLayout = { stored: {}, ignored: /^optimizer\// };

/**
 * Builds a network and loads its parameters and buffers from a file of weights. A safetensors file
 * may use boxprop's names of the tensors, or those under which weights of this network have been
 * published, such as torchvision's; the naming that matches more tensors is used. A file of PyTorch
 * may use published names, or PyTorch's for the paths of the boxes here (`torchLayout`).
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
  const opened = header ?? (await readWeightsHeader(file));
  const { entries } = opened;
  const name = given ?? networkNameOf(opened);
  const network = await build(boundedZeros(file, entries));
  const tensors = { ...network.params, ...network.buffers };
  const matches = (names: readonly string[]) => {
    const { entries: found } = withoutWrapper(entries, names);
    return names.filter((one) => found.has(one)).length;
  };
  const namesIn = ({ stored }: FileLayout) =>
    Object.keys(tensors).map((key) => stored[key]?.name ?? key);
  try {
    let layout: FileLayout =
      opened.format === 'PyTorch' ? torchLayout(network, inputShape) : CHECKPOINT;
    for (const published of publishedLayouts(name ?? '', network, inputShape)) {
      if (matches(namesIn(published)) > matches(namesIn(layout))) layout = published;
    }
    const names = namesIn(layout);
    const stored = await loadWeights(file, tensors, layout);
    return { network, metadata: stored, prefix: withoutWrapper(entries, names).prefix };
  } catch (error) {
    network.dispose();
    throw error;
  }
}

/** Reads the header of a weights file. Errors: those of `withTensorFile`. */
export function readWeightsHeader(file: string): Promise<WeightsHeader> {
  return withTensorFile(file, ({ read: _, ...header }) => Promise.resolve(header));
}

/**
 * Returns the network's name from the file's metadata, or else guesses the network from the
 * published names of its tensors, without the prefix of a wrapper; undefined if neither works.
 */
export function networkNameOf({
  entries,
  metadata,
}: Pick<WeightsHeader, 'entries' | 'metadata'>): string | undefined {
  const names = [...entries.keys()];
  return (
    metadata.get('network') ??
    wrapperPrefixes(names)
      .map(({ length }) => guessPublished(new Set(names.map((name) => name.slice(length)))))
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
