import * as v from 'valibot';
import { ArrayDataset, type Dataset } from '../data/dataset.ts';
import { hasTargets, type TargetDataset } from '../data/targets.ts';
import type { TrainingData as AnyData } from '../train/trainer.ts';
import { listNames } from './describeData.ts';
import { TARGETS, type Targets } from './targets.ts';
import { PREPROCESSINGS, type Preprocessing, type PreprocessingName } from '../data/preprocess.ts';
import {
  applyPreprocessing,
  preprocessedShape,
  PREPROCESSING,
  resizeOf,
  type PreprocessingStep,
} from '../data/preprocessingSteps.ts';
import { BoxpropError, InputError, show } from '../lib/errors.ts';
import type { Module } from '../lib/module.ts';
import { parseJson } from '../lib/parseJson.ts';
import { Rng } from '../lib/rng.ts';
import { checkSchema, integer, object, text } from '../lib/schema.ts';
import {
  loadTrainedNetwork,
  networkNameOf,
  readWeightsHeader,
  type WeightsHeader,
} from '../models/loadTrainedNetwork.ts';
import type { TensorInfo } from '../formats/tensorFile.ts';
import { headOf } from '../models/headOf.ts';
import type { ImageShape } from '../models/options.ts';
import { TORCHVISION_NETWORKS } from '../models/torchvision/layout.ts';
import { checkArchitecture, type Architecture } from './architecture.ts';
import { isModuleFile } from './moduleFile.ts';
import { entryOfOnnx, isOnnxFile } from './onnxNetwork.ts';
import { placed } from './placed.ts';
import { logBackend } from './process.ts';
import { configBeside } from './publishedConfig.ts';
import type { ResolvedNetwork } from './resolvedNetwork.ts';
import { imageShapeOf, resolveNetwork } from './resolveNetwork.ts';
import { checkTable, TRAINING_TABLE, type TrainingTable } from './trainingTable.ts';

/** The data on which a network was trained, before preprocessing. */
export interface TrainingData {
  /** Height, width and channels of an input. */
  readonly inputShape: ImageShape;
  /** The number of classes. */
  readonly classes: number;
  /** The names of the classes, if they have any. */
  readonly classNames?: readonly string[];
  /** Whether the inputs were pixels from 0 to 1. The values of a CSV file may be anything. */
  readonly pixels: boolean;
}

/** The version of the metadata that `boxprop train` writes to a weights file. */
export const METADATA_VERSION = '1';

/** The entries of a weights file's header about its network. */
export interface WeightsFile {
  /** The path of the file. */
  readonly file: string;
  readonly header: WeightsHeader;
  /** The name of the network, or its module file. */
  readonly name: string;
  /** Further arguments with which the network was trained. */
  readonly architecture: Architecture;
  /** The network, with the settings of its training. */
  readonly entry: ResolvedNetwork;
  /** The training data; undefined if the file does not state it. */
  readonly trainingData: TrainingData | undefined;
  /**
   * The columns of the training data; undefined if the data was not a table, or if the file does
   * not state it.
   */
  readonly table: TrainingTable | undefined;
  /** The targets of the training, unless each example had one label. */
  readonly targets: Targets | undefined;
  /** Whether the file states how its training prepared the inputs, apart from the pixels. */
  readonly isTrained: boolean;
  /** How a picture becomes an image of the training data. */
  readonly pixels: Preprocessing;
  /** The preprocessing of the inputs, whose pixels are from 0 to 1. It may be empty. */
  readonly preprocessing: readonly PreprocessingStep[];
}

/**
 * Makes the entry `data` of a weights file's metadata. `dataset` is the data before preprocessing.
 */
export function trainingDataMetadata(dataset: Dataset): string {
  const { inputShape, classes, classNames } = dataset;
  const pixels = dataset instanceof ArrayDataset && dataset.inputs instanceof Uint8Array;
  return JSON.stringify({ inputShape, classes, ...(classNames && { classNames }), pixels });
}

/**
 * Reads the header of a weights file and resolves its network. The file may come from an untrusted
 * source, so every entry of its metadata is checked.
 *
 * Errors: metadata of a newer version; a file that does not name a known network; a file that names
 *         a module file, which could run any code; metadata that `boxprop train` cannot have
 *         written.
 * @param network the network given by the user; by default the one that the file names.
 * @param remedy how the user can name a network that the file does not name, for messages.
 */
export function readWeightsFile(
  file: string,
  network?: string,
  remedy?: string,
): Promise<WeightsFile> {
  return readWeights(file, { network, remedy });
}

/** @param check throws if the command cannot use the weights, whatever their network is. */
async function readWeights(
  file: string,
  {
    network,
    remedy = 'with --network',
    check,
  }: {
    network: string | undefined;
    remedy?: string | undefined;
    check?: (weights: Pick<WeightsFile, 'file' | 'targets'>) => void;
  },
): Promise<WeightsFile> {
  const onnx = isOnnxFile(file) ? await entryOfOnnx(file) : undefined;
  const header = onnx ? { ...NO_TENSORS, metadata: onnx.metadata } : await readWeightsHeader(file);
  checkVersion(file, header);
  const entryOf = (key: string): [where: string, value: unknown] => {
    const json = header.metadata.get(key);
    const where = `${file}: ${key}`;
    return [where, json === undefined ? undefined : parseJson(where, json)];
  };
  const targets = checkedEntry(entryOf('targets'), TARGETS);
  check?.({ file, targets });
  if (onnx && network !== undefined && network !== file) {
    throw new InputError(
      `${file}: expected no other network, because the file holds its own, got ${show(network)}`,
    );
  }
  const name = onnx ? file : (network ?? storedName(file, header, remedy));
  const [where, value] = entryOf('architecture');
  const architecture =
    value === undefined || onnx ? {} : placed(where, () => checkArchitecture(value));
  const resolved =
    onnx ??
    (await resolveNetwork(name, {
      architecture,
      ...(network === undefined && { where: `${file}: network` }),
    }));
  const trainingData = checkedEntry(entryOf('data'), TRAINING_DATA);
  const steps = checkedEntry(entryOf('preparation'), PREPROCESSING);
  const known = {
    file,
    header,
    name,
    architecture,
    table: checkedEntry(entryOf('table'), TRAINING_TABLE),
    targets,
    isTrained: trainingData !== undefined || steps !== undefined,
  };
  // The files of `boxprop train` state how inputs were prepared. For other weights, the network or
  // a file beside them states it.
  if (known.isTrained) {
    const preprocessing = steps ?? [];
    const pixels = { ...PREPROCESSINGS.unit, ...resizeOf(preprocessing) };
    return { ...known, entry: resolved, trainingData, pixels, preprocessing };
  }
  const entry = { ...resolved, ...(await configBeside(file)) };
  const { preprocessing: pixels = PREPROCESSINGS[publishedPixels(name)], inputShape } = entry;
  return { ...known, entry, trainingData, pixels, preprocessing: stepsOf(pixels, inputShape[2]) };
}

/**
 * Reads the header of a weights file for a command that needs classes. The data of other targets
 * has no labels, so such weights are refused before it is opened.
 *
 * Errors: weights of other targets than labels; those of `readWeightsFile`.
 */
export function readClassWeights(file: string, network?: string): Promise<WeightsFile> {
  return readWeights(file, { network, check: refuseTargets });
}

/** Throws if the targets of weights are not labels. */
function refuseTargets({ file, targets }: Pick<WeightsFile, 'file' | 'targets'>): void {
  if (targets === undefined) return;
  throw new InputError(
    `${file}: expected weights of classes, got weights of the targets ${listNames(targets.names)}: boxprop evaluate measures them`,
  );
}

/**
 * Returns the steps that prepare a dataset for the network.
 *
 * Errors: weights that expect blue, green and red, which no step makes.
 */
export function inputSteps({
  file,
  pixels,
  preprocessing,
}: Pick<WeightsFile, 'file' | 'pixels' | 'preprocessing'>): readonly PreprocessingStep[] {
  if (pixels.order === 'RGB') return preprocessing;
  throw new InputError(
    `${file}: expected weights that take red, green and blue, got some that take BGR: only classify converts images for them`,
  );
}

/**
 * Prepares a dataset for the network.
 *
 * Errors: those of `inputSteps`; inputs of another number of channels.
 */
export function preparedFor(weights: WeightsFile, dataset: TargetDataset): TargetDataset;
export function preparedFor(weights: WeightsFile, dataset: Dataset): Dataset;
export function preparedFor(weights: WeightsFile, dataset: AnyData): AnyData {
  const { inputShape, name } = dataset;
  const [, , channels] = imageShapeFor(weights);
  const isTable = hasTargets(dataset) ? weights.table !== undefined : dataset.columns !== undefined;
  // The columns of a table are compared when the network is loaded, with their names.
  if (!isTable && channels > 0 && inputShape.at(-1) !== channels) {
    throw new InputError(
      `${weights.file}: expected inputs of ${channels} channels, got ${show([...inputShape])} of ${name}: name the data with --data`,
    );
  }
  return applyPreprocessing(dataset, inputSteps(weights));
}

/** Returns the size to which images in folders are resized: that of the training, if known. */
export function imageShapeFor({ trainingData, entry }: WeightsFile): ImageShape {
  return (trainingData ?? entry).inputShape;
}

/**
 * Returns the options of `openData` with which images in folders become those of the training, and
 * classes get its order.
 */
export function imagesFor(weights: WeightsFile) {
  return {
    imageShape: imageShapeFor(weights),
    resize: resizeOf(weights.preprocessing),
    classOrder: classNamesOf(weights),
  };
}

/** Returns the names of the classes, if the training or the network of the weights states them. */
export function classNamesOf({ trainingData, entry }: WeightsFile): readonly string[] | undefined {
  return trainingData === undefined ? entry.labels : trainingData.classNames;
}

/**
 * Returns what the network or a file beside the weights states, the labels and the preprocessing,
 * as entries of the metadata, in the form in which `train` writes them.
 */
export function exportedMetadata(
  weights: WeightsFile,
  classes: number,
): Readonly<Record<string, string>> {
  const { entry, isTrained, pixels, preprocessing } = weights;
  // No step exchanges the channels.
  if (isTrained || pixels.order === 'BGR') return {};
  const { labels, inputShape } = entry;
  const classNames = labels?.length === classes ? labels : undefined;
  const data = { inputShape, classes, ...(classNames && { classNames }), pixels: true };
  return {
    metadataVersion: METADATA_VERSION,
    ...(!inputShape.includes(0) && { data: JSON.stringify(data) }),
    preparation: JSON.stringify(preprocessing),
  };
}

/** Returns the name of the conversion of pixels for the published weights of a network. */
function publishedPixels(network: string): PreprocessingName {
  if (['torchvision-googlenet', 'efficientnet-lite0'].includes(network)) return 'inception';
  if (TORCHVISION_NETWORKS.includes(network)) return 'torchvision';
  return ['alexnet', 'googlenet'].includes(network) ? 'caffe' : 'unit';
}

/**
 * Returns the steps that prepare images with pixels from 0 to 1 as a recipe prepares bytes. The
 * factor of the recipe is put into the mean and the standard deviation.
 */
export function stepsOf(
  { order, scale, mean, std, shorterSide, interpolation }: Preprocessing,
  channels: number,
): PreprocessingStep[] {
  // No step exchanges the channels; `inputSteps` refuses such weights.
  if (order === 'BGR') return [];
  const factor = scale * 255;
  const [means, stds] = [mean, std].map((list) => list.slice(0, channels).map((x) => x / factor));
  const isIdentity = means.every((value) => value === 0) && stds.every((value) => value === 1);
  const resize = {
    ...(shorterSide !== undefined && { shorterSide }),
    ...(interpolation !== undefined && { interpolation }),
  };
  return [
    ...(Object.keys(resize).length > 0 ? [{ resize }] : []),
    ...(isIdentity ? [] : [{ standardize: { mean: means, std: stds } }]),
  ];
}

/**
 * Returns the number of classes of the weights: that of the training data, or that of the network's
 * last parameters in the file.
 *
 * @param otherwise the number if neither is known; the network's own by default.
 */
export async function classesOf(
  { header, name, entry, trainingData }: WeightsFile,
  otherwise = entry.classes,
): Promise<number> {
  if (trainingData !== undefined) return trainingData.classes;
  const { inputShape, torchName } = entry;
  try {
    const head = await headOf({
      header,
      name,
      inputShape,
      ...(torchName && { rename: torchName }),
      build: (options) => entry.build({ rng: new Rng(0), inputShape, ...options }),
    });
    return head.classes ?? otherwise;
  } catch (error) {
    // A network may refuse the numbers of classes that `headOf` tries.
    if (error instanceof BoxpropError) return otherwise;
    throw error;
  }
}

/**
 * Checks an entry of the metadata and returns its value, or undefined if there is no such entry.
 */
function checkedEntry<const S extends v.GenericSchema>(
  [where, value]: [string, unknown],
  schema: S,
): v.InferOutput<S> | undefined {
  return value === undefined ? undefined : checkSchema(where, schema, value);
}

/**
 * Checks the version of the metadata. Files without a version are accepted, because the weights of
 * other programs have no boxprop metadata.
 */
function checkVersion(file: string, { metadata }: WeightsHeader): void {
  const version = metadata.get('metadataVersion') ?? METADATA_VERSION;
  if (version === METADATA_VERSION) return;
  throw new InputError(
    `${file}: expected metadata of version ${METADATA_VERSION}, got version ${show(version)}; update boxprop`,
  );
}

function storedName(file: string, header: WeightsHeader, remedy: string): string {
  const name = networkNameOf(header);
  if (name === undefined) {
    throw new InputError(
      `${file}: expected weights that name their network, got none: name it ${remedy}`,
    );
  }
  if (isOnnxFile(name)) {
    throw new InputError(`${file}: the weights are of ${show(name)}: name that file ${remedy}`);
  }
  if (isModuleFile(name)) {
    throw new InputError(
      `${file}: the weights are of ${show(name)}, and a weights file must not run code: ` +
        `name that file ${remedy}`,
    );
  }
  return name;
}

/**
 * Loads the network of a weights file, for data of the same kind as its training data.
 *
 * Errors: weights of other targets than labels; data whose classes or columns differ from those of
 *         the training data; those of `loadTrainedNetwork`.
 * @param data the inputs that the network receives, after preprocessing.
 */
export async function loadForData(
  weights: WeightsFile,
  data: Pick<Dataset, 'inputShape' | 'classes' | 'classNames' | 'columns'>,
): Promise<Module> {
  refuseTargets(weights);
  return loadForEnds(weights, data);
}

/**
 * Loads the network of a weights file, whatever its targets are.
 *
 * Errors: those of `loadForData` about the data.
 * @param data the inputs that the network receives; `classes` is the number of its outputs.
 */
export async function loadForEnds(
  weights: WeightsFile,
  data: Pick<Dataset, 'inputShape' | 'classes' | 'classNames' | 'columns'>,
): Promise<Module> {
  const { file, header, name, entry, trainingData, table } = weights;
  const { classes, classNames, columns } = data;
  const inputShape = imageShapeOf(data);
  if (trainingData !== undefined && trainingData.classes !== classes) {
    throw new InputError(
      `${file}: expected data of ${trainingData.classes} classes, as in its training, got ${classes}`,
    );
  }
  // For another number of classes, `build` would give the network a new head, with random weights.
  if (isOnnxFile(file) && entry.classes > 0 && entry.classes !== classes)
    throw new InputError(`${file}: expected data of its ${entry.classes} classes, got ${classes}`);
  if (columns !== undefined) checkTable(file, table, trainingData?.pixels ?? false, columns);
  const names = classNames === undefined ? [] : (classNamesOf(weights) ?? []);
  const k = names.findIndex((name, k) => name !== classNames?.[k]);
  if (k >= 0) {
    const expected = `data whose class ${k} is ${show(names[k])}, as ${trainingData === undefined ? 'its network states' : 'in its training'}`;
    throw new InputError(`${file}: expected ${expected}, got ${show(classNames?.[k])}`);
  }
  // An ONNX file contains both the network and its weights.
  if (isOnnxFile(file)) return entry.build({ rng: new Rng(0), inputShape, classes });
  const { network, prefix } = await loadTrainedNetwork(file, {
    name,
    header,
    inputShape,
    ...(entry.torchName && { rename: entry.torchName }),
    build: (init) => entry.build({ rng: new Rng(0), init, inputShape, classes }),
  });
  if (header.note !== undefined) logBackend(`boxprop: ${file}: ${header.note}`);
  if (prefix !== '')
    logBackend(`boxprop: ${file}: the names begin with ${show(prefix)}, which is ignored`);
  return network;
}

/**
 * Loads a network with its weights, for inputs as in its training.
 *
 * Errors: those of `readWeightsFile` and `loadForEnds`.
 * @param input the input shape; by default that of the training, after preprocessing.
 */
export async function networkOfWeights(file: string, name: string, input?: ImageShape) {
  const weights = await readWeightsFile(file, name);
  const { entry, trainingData, preprocessing } = weights;
  const inputShape =
    input ?? preprocessedShape(trainingData?.inputShape ?? entry.inputShape, preprocessing);
  const classes = await classesOf(weights);
  const network = await loadForEnds(weights, { inputShape, classes });
  return { weights, inputShape, classes, network };
}

/** The header of an ONNX file, whose tensors are parts of its network. */
const NO_TENSORS = { format: 'ONNX', entries: new Map<string, TensorInfo>() } as const;

const COUNT = integer(1, 1e5);

/**
 * The schema of the training data. Sizes and numbers of classes are limited to those of realistic
 * datasets, because they determine how much memory is needed.
 */
const TRAINING_DATA = v.pipe(
  object({
    inputShape: v.pipe(
      v.strictTuple([COUNT, COUNT, COUNT], 'three sizes: height, width, channels'),
      v.check(
        ([height, width, channels]) => height * width * channels <= 1e8,
        'at most 10^8 values',
      ),
    ),
    classes: COUNT,
    classNames: v.exactOptional(v.array(text())),
    pixels: v.boolean(),
  }),
  v.check(
    ({ classes, classNames }) => (classNames?.length ?? classes) === classes,
    ({ input }) => `as many classNames as the ${input.classes} classes`,
  ),
  v.check(
    ({ classNames = [] }) => new Set(classNames).size === classNames.length,
    'classNames that differ',
  ),
) satisfies v.GenericSchema<unknown, TrainingData>;
