import { ArrayDataset, type Dataset } from '../data/dataset.ts';
import { arePreprocessingSteps, type PreprocessingStep } from '../data/preprocessingSteps.ts';
import { InputError, show } from '../lib/errors.ts';
import { isObject } from '../lib/isObject.ts';
import type { Module } from '../lib/module.ts';
import { Rng } from '../lib/rng.ts';
import {
  loadTrainedNetwork,
  networkNameOf,
  readWeightsHeader,
  type WeightsHeader,
} from '../models/loadTrainedNetwork.ts';
import type { NetworkEntry } from '../models/networks.ts';
import type { ImageShape } from '../models/options.ts';
import { checkArchitecture } from './architecture.ts';
import { isModuleFile } from './moduleFile.ts';
import { imageShapeOf, resolveNetwork } from './resolveNetwork.ts';

/** The data that a network was trained on, before preprocessing. */
export interface TrainingData {
  /** Height, width and channels of an input. */
  readonly inputShape: ImageShape;
  /** The number of classes. */
  readonly classes: number;
  /** The names of the classes, if they have any. */
  readonly classNames?: readonly string[];
  /** Whether the inputs were pixels from 0 to 1; values of CSV may be anything. */
  readonly pixels: boolean;
}

/** The version of the metadata that `boxprop train` writes into a weights file. */
export const METADATA_VERSION = '1';

/** The entries of a weights file's header about its network. */
export interface WeightsFile {
  /** The path of the file. */
  readonly file: string;
  readonly header: WeightsHeader;
  /** The network's name or module file. */
  readonly name: string;
  /** The network as it was built in its training. */
  readonly entry: NetworkEntry;
  /** The data of the training; undefined if the file does not say. */
  readonly trainingData: TrainingData | undefined;
  /** The preprocessing of the inputs; empty if the file does not say. */
  readonly preprocessing: readonly PreprocessingStep[];
}

/** The entry `data` of a weights file's metadata, for `dataset` before preprocessing. */
export function trainingDataMetadata(dataset: Dataset): string {
  const { inputShape, classes, classNames } = dataset;
  const pixels = dataset instanceof ArrayDataset && dataset.inputs instanceof Uint8Array;
  return JSON.stringify({ inputShape, classes, ...(classNames && { classNames }), pixels });
}

/**
 * Reads the header of a weights file and resolves its network. The file may come from anywhere, so
 * every piece of its metadata is checked.
 *
 * Errors: metadata of a newer version; a file that does not name a known network; a file that names
 *         a module file, which could run any code; metadata that `boxprop train` does not write.
 * @param network the network given by the user; by default the one that the file names.
 */
export async function readWeightsFile(file: string, network?: string): Promise<WeightsFile> {
  const header = await readWeightsHeader(file);
  checkVersion(file, header);
  const name = network ?? storedName(file, header);
  const metadata = <T>(key: string, check: (value: unknown) => T | undefined) =>
    checkedMetadata(file, header, key, check);
  const architecture = metadata('architecture', checkArchitecture) ?? {};
  return {
    file,
    header,
    name,
    entry: await resolveNetwork(name, {
      architecture,
      ...(network === undefined && { where: `${file}: network` }),
    }),
    trainingData: metadata('data', (value) => (isTrainingData(value) ? value : undefined)),
    preprocessing:
      metadata('preparation', (value) => (arePreprocessingSteps(value) ? value : undefined)) ?? [],
  };
}

/** Accepts files without a version: weights of other programs have no metadata of boxprop. */
function checkVersion(file: string, { metadata }: WeightsHeader): void {
  const version = metadata.get('metadataVersion') ?? METADATA_VERSION;
  if (version === METADATA_VERSION) return;
  throw new InputError(
    `${file}: expected metadata of version ${METADATA_VERSION}, got version ${show(version)}; update boxprop`,
  );
}

function storedName(file: string, header: WeightsHeader): string {
  const name = networkNameOf(header);
  if (name === undefined) {
    throw new InputError(
      `${file}: expected weights that name their network, got none: name it with --network`,
    );
  }
  if (isModuleFile(name)) {
    throw new InputError(
      `${file}: the weights are of ${show(name)}, and a weights file must not run code: ` +
        `name that file with --network`,
    );
  }
  return name;
}

/**
 * Loads the network of a weights file for data like that of its training.
 *
 * Errors: data with other classes than those of the training; those of `loadTrainedNetwork`.
 * @param data the inputs as the network gets them, after preprocessing.
 */
export async function loadForData(
  { file, header, name, entry, trainingData }: WeightsFile,
  data: Pick<Dataset, 'inputShape' | 'classes' | 'classNames'>,
): Promise<Module> {
  const { classes, classNames } = data;
  const inputShape = imageShapeOf(data);
  if (trainingData !== undefined && trainingData.classes !== classes) {
    throw new InputError(
      `${file}: expected data of ${trainingData.classes} classes, as in its training, got ${classes}`,
    );
  }
  const names = classNames === undefined ? [] : (trainingData?.classNames ?? []);
  const k = names.findIndex((name, k) => name !== classNames?.[k]);
  if (k >= 0) {
    const expected = `data whose class ${k} is ${show(names[k])}, as in its training`;
    throw new InputError(`${file}: expected ${expected}, got ${show(classNames?.[k])}`);
  }
  const { network } = await loadTrainedNetwork(file, {
    name,
    header,
    inputShape,
    build: (init) => entry.build({ rng: new Rng(0), init, inputShape, classes }),
  });
  return network;
}

/**
 * Reads a piece of metadata.
 *
 * @param check returns undefined or throws where the value is not one that `boxprop train` writes.
 */
function checkedMetadata<T>(
  file: string,
  { metadata }: WeightsHeader,
  key: string,
  check: (value: unknown) => T | undefined,
): T | undefined {
  const text = metadata.get(key);
  if (text === undefined) return undefined;
  const value = attempt(() => check(JSON.parse(text)));
  if (value !== undefined) return value;
  throw new InputError(
    `${file}: expected ${key} as boxprop train writes it, got ${show(text.slice(0, 60))}`,
  );
}

function attempt<T>(run: () => T): T | undefined {
  try {
    return run();
  } catch {
    return undefined;
  }
}

/** Accepts sizes and class counts of any real dataset, and no more: they decide on memory. */
function isTrainingData(value: unknown): value is TrainingData {
  if (!isObject(value)) return false;
  const { inputShape, classes, classNames, pixels } = value;
  const isCount = (one: unknown) =>
    Number.isSafeInteger(one) && Number(one) >= 1 && Number(one) <= 1e5;
  if (!Array.isArray(inputShape) || inputShape.length !== 3 || !inputShape.every(isCount))
    return false;
  if (inputShape.reduce((product: number, size) => product * Number(size), 1) > 1e8) return false;
  if (!isCount(classes) || typeof pixels !== 'boolean') return false;
  if (classNames === undefined) return true;
  const isName = (name: unknown) => typeof name === 'string';
  return Array.isArray(classNames) && classNames.length === classes && classNames.every(isName);
}
