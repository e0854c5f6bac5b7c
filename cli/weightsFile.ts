import { ArrayDataset, type Dataset } from '../data/dataset.ts';
import { arePreparations, type Preparation } from '../data/preparation.ts';
import { InputError, show } from '../lib/errors.ts';
import { numElements, zeros, type Initializer } from '../lib/init/initializers.ts';
import { networkOfFile } from '../models/loadNetwork.ts';
import { withSafetensors } from '../formats/safetensors/safetensorsFile.ts';
import type { ImageShape } from '../models/options.ts';
import { checkArchitecture, type Architecture } from './architecture.ts';
import { isModuleFile } from './moduleFile.ts';
import { networkNamed } from './networks.ts';

/** What a network was trained on, before its inputs were prepared. */
export interface TrainedOn {
  readonly inputShape: ImageShape;
  readonly classes: number;
  readonly classNames?: readonly string[];
  /** Whether the inputs were pixels from 0 to 1; the numbers of CSV may be anything. */
  readonly pixels: boolean;
}

/** The entry `data` of a weights file's metadata. */
export function trainedOnMetadata(dataset: Dataset): string {
  const { inputShape, classes, classNames } = dataset;
  const pixels = dataset instanceof ArrayDataset && dataset.inputs instanceof Uint8Array;
  return JSON.stringify({ inputShape, classes, ...(classNames && { classNames }), pixels });
}

/**
 * The network of a weights file: what was asked for, else what the file says.
 *
 * Errors: a file that does not say, or says none that is known; one that names a file of code, which it cannot open.
 */
export async function networkOf(file: string, asked?: string): Promise<string> {
  if (asked !== undefined) return asked;
  const name = await networkOfFile(file);
  if (name === undefined) {
    throw new InputError(
      `${file}: expected weights that say their network, got none: name it with --network`,
    );
  }
  if (isModuleFile(name)) {
    throw new InputError(
      `${file}: expected --network, for the weights are of ${show(name)}, and no weights file opens code, got none`,
    );
  }
  networkNamed(name, `${file}: network`);
  return name;
}

/** What the network of a weights file was trained on; undefined if the file does not say. */
export async function trainedOnOfFile(file: string): Promise<TrainedOn | undefined> {
  return ofFile(file, 'data', (value) => (isTrainedOn(value) ? value : undefined));
}

/** What the inputs of a weights file's network are made into; nothing if the file does not say. */
export async function preparationsOfFile(file: string): Promise<Preparation[]> {
  return (
    (await ofFile(file, 'preparation', (value) => (arePreparations(value) ? value : undefined))) ??
    []
  );
}

/** The architecture of a weights file's network; none if the file does not say. */
export async function architectureOfFile(file: string): Promise<Architecture> {
  return (await ofFile(file, 'architecture', checkArchitecture)) ?? {};
}

/** A mismatch with the largest network here, of 144 million numbers, is still told tensor by tensor. */
const ROOM = 2e8;

/**
 * Zeros for the parameters that a file's weights will be put into. What the file says of its data decides how many there
 * are, and it may be anybody's: a header of a line must not ask for a terabyte.
 *
 * Errors: parameters of far more numbers than the file has.
 */
export async function zerosFor(file: string): Promise<Initializer> {
  const numbers = await withSafetensors(file, ({ entries }) =>
    Promise.resolve([...entries.values()].reduce((sum, { shape }) => sum + numElements(shape), 0)),
  );
  let total = 0;
  return (shape, fan, rng) => {
    total += numElements(shape);
    if (total <= numbers + ROOM) return zeros(shape, fan, rng);
    throw new InputError(
      `${file}: expected a network of its ${numbers} numbers, got one of ${total} or more`,
    );
  };
}

/**
 * A piece of metadata. It may be anybody's: nothing in it is taken unlooked at.
 * @param read gives undefined or throws where it is not what `boxprop train` writes.
 */
async function ofFile<T>(
  file: string,
  name: string,
  read: (value: unknown) => T | undefined,
): Promise<T | undefined> {
  const text = await withSafetensors(file, ({ metadata }) => Promise.resolve(metadata.get(name)));
  if (text === undefined) return undefined;
  let found: T | undefined;
  try {
    found = read(JSON.parse(text));
  } catch {
    // Told below.
  }
  if (found !== undefined) return found;
  throw new InputError(
    `${file}: expected ${name} to be what boxprop train writes, got ${show(text.slice(0, 60))}`,
  );
}

/** Sizes of images and numbers of classes that anybody trains on, no more. */
function isTrainedOn(value: unknown): value is TrainedOn {
  const { inputShape, classes, classNames, pixels }: Record<string, unknown> = {
    ...(value as object),
  };
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
