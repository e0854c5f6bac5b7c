import { checkOptions } from '../lib/check.ts';
import { InputError } from '../lib/errors.ts';
import { zeros, type Initializer } from '../lib/init/initializers.ts';
import { numElements } from '../lib/shapes.ts';
import type { AnyModule } from '../lib/module.ts';
import type { TensorFile } from '../formats/tensorFile.ts';
import { torchLayout, type Rename } from '../formats/torch/torchLayout.ts';
import { withTensorFile } from '../formats/withTensorFile.ts';
import { storedAs, type FileLayout } from '../formats/safetensors/fileLayout.ts';
import { loadWeights } from '../formats/safetensors/weights.ts';
import { withoutWrapper, wrapperPrefixes } from '../formats/safetensors/wrapperPrefix.ts';
import { guessPublished, publishedLayouts } from './publishedLayouts.ts';

/** The header of a weights file: its format, its tensors by name, and its metadata. */
export type WeightsHeader = Omit<TensorFile, 'read' | 'readParts'>;

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
  /**
   * The names of parameters that keep the values of `build`, such as those of a new head. Tensors
   * of the file with their names are left out. None by default.
   */
  readonly except?: readonly string[];
  /** Maps the path of a box to its name in PyTorch, as in `torchLayout`. */
  readonly rename?: Rename;
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
  checkOptions('loadTrainedNetwork', options, [
    ...(['build', 'inputShape', 'name', 'header', 'except', 'rename'] as const),
  ]);
  const { build, header, except = [] } = options;
  const opened = header ?? (await readWeightsHeader(file));
  const network = await build(boundedZeros(file, opened.entries));
  try {
    const tensors = { ...network.params, ...network.buffers };
    const { layout, prefix } = layoutOf(opened, network, options);
    const kept = Object.entries(tensors).filter(([key]) => !except.includes(key));
    const left = except.map((key) => storedAs(key, tensors[key], layout).name);
    const patterns = [...(layout.ignored ? [layout.ignored.source] : []), ...left.map(exactly)];
    const metadata = await loadWeights(file, Object.fromEntries(kept), {
      stored: layout.stored,
      ...(patterns.length > 0 && { ignored: RegExp(patterns.join('|')) }),
    });
    return { network, metadata, prefix };
  } catch (error) {
    network.dispose();
    throw error;
  }
}

/** The options of `layoutOf`, which are those of `loadTrainedNetwork` with the same names. */
export type LayoutOptions = Pick<
  TrainedNetworkOptions<AnyModule>,
  'inputShape' | 'name' | 'rename'
>;

/**
 * Returns the layout of a network's tensors in a file: boxprop's own names, those of PyTorch, or
 * those of the network's publishers, whichever match more, and the prefix of a wrapper. The tensors
 * of a file of PyTorch, or of safetensors with `"format": "pt"` in its metadata, have PyTorch's
 * axes.
 */
export function layoutOf(
  header: WeightsHeader,
  network: AnyModule,
  { inputShape, name = networkNameOf(header), rename }: LayoutOptions,
): { readonly layout: FileLayout; readonly prefix: string } {
  const { entries, format, metadata } = header;
  const keys = Object.keys({ ...network.params, ...network.buffers });
  const matching = (layout: FileLayout) => {
    const names = keys.map((key) => layout.stored[key]?.name ?? key);
    const { entries: found, prefix } = withoutWrapper(entries, names);
    return { layout, prefix, matches: names.filter((one) => found.has(one)).length };
  };
  // boxprop's own files have the names and axes of the network, whatever it is called in PyTorch.
  const isTorch =
    format === 'PyTorch' ||
    (!metadata.has('metadataVersion') && (metadata.get('format') === 'pt' || rename !== undefined));
  const own = matching(
    isTorch ? torchLayout(network, inputShape, { ...(rename && { rename }) }) : CHECKPOINT,
  );
  return publishedLayouts(name ?? '', network, inputShape)
    .map(matching)
    .reduce((best, one) => (one.matches > best.matches ? one : best), own);
}

/** Returns the pattern that only this name matches. */
function exactly(name: string): string {
  return `^${name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}$`;
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
