import { join } from 'node:path';
import type { Dataset } from '../data/dataset.ts';
import { applyPreprocessing, resizeOf } from '../data/preprocessingSteps.ts';
import { InputError, show } from '../lib/errors.ts';
import { pathKind } from '../lib/files/regularFile.ts';
import type { Module } from '../lib/module.ts';
import { Rng } from '../lib/rng.ts';
import { isModuleFile } from './moduleFile.ts';
import { networksFor } from './networksFor.ts';
import { isOnnxFile } from './onnxNetwork.ts';
import { openData, type DataOptions } from './openData.ts';
import { reportNotes } from './openedData.ts';
import { logBackend } from './process.ts';
import { imageShapeOf, NETWORK_NAMES, resolveNetwork } from './resolveNetwork.ts';
import { openRunParts } from './runData.ts';
import { readRun } from './runFolder.ts';
import type { ResolvedNetwork } from './resolvedNetwork.ts';
import type { RunOptions } from './trainOptions.ts';
import {
  classesOf,
  imagesFor,
  inputSteps,
  loadForData,
  preparedFor,
  readClassWeights,
  stepsOf,
  type WeightsFile,
} from './weightsFile.ts';

/** The options with which the words of a command line are opened. */
export interface TrainedOptions extends DataOptions {
  /** The network of weights that do not name one of boxprop; see `networksFor`. */
  readonly network?: string;
}

/** The options of the commands that look at the representations of a network. */
export interface SourceOptions extends TrainedOptions {
  /** The seed of random weights. */
  readonly seed: number;
}

/** A network, with the data in the form that it receives. */
export interface Source {
  /** The word of the command line. */
  readonly name: string;
  readonly network: Module;
  readonly train: Dataset;
  /** The test examples; undefined if the data has none beside the training examples. */
  readonly test: Dataset | undefined;
}

/** A word of the command line, with the weights that it names. */
export interface TrainedWeights {
  readonly word: string;
  readonly weights: WeightsFile;
  /** The settings of the run in the folder, if it is one. */
  readonly run?: RunOptions;
}

/** A word of the command line that names a network without weights. */
interface Random {
  readonly word: string;
  readonly entry: ResolvedNetwork;
}

/**
 * Opens the networks that the words of a command line name, and the data. Without `--data`, the
 * data of the first run among them is used for all of them. The number of classes may differ from
 * that of the weights, because representations do not depend on it. The inputs of random weights
 * are prepared as the network's file states, or else as for the other weights, so that a control
 * sees the same inputs.
 *
 * Errors: a word that names nothing; those of `networksFor`, the weights, the run and the data.
 */
export async function openSources(
  command: string,
  words: readonly string[],
  options: SourceOptions,
): Promise<Source[]> {
  const named = await readWords(command, words, options);
  const trained = named.filter((one) => 'weights' in one);
  const run = trained.find((one) => one.run !== undefined)?.run;
  const prepared = trained.find(({ weights }) => weights.preprocessing.length > 0);
  const sources: Source[] = [];
  // Two networks may read the same data, whose notes are printed once.
  const told = new Set<string>();
  try {
    for (const one of named) {
      const source = 'weights' in one ? await openWeights(one, options, { run, told }) : await openRandom(one, options, { run, prepared, told }); // prettier-ignore
      sources.push(source);
    }
  } catch (error) {
    sources.forEach(({ network }) => network.dispose());
    throw error;
  }
  return sources;
}

/** Reads what the words of a command line name. */
async function readWords(
  command: string,
  words: readonly string[],
  { network, data }: Pick<TrainedOptions, 'network' | 'data'>,
): Promise<(TrainedWeights | Random)[]> {
  const named: (Random | { readonly word: string; readonly file: string })[] = [];
  for (const word of words) {
    if ((await pathKind(word)) === 'folder')
      named.push({ word, file: join(word, 'weights.safetensors') });
    else if (await isNetwork(word))
      named.push({ word, entry: await resolveNetwork(word, { where: show(word) }) });
    else named.push({ word, file: word });
  }
  const files = named.flatMap((one) => ('file' in one ? one.file : []));
  const networks = await networksFor(files, network);
  const found: (TrainedWeights | Random)[] = [];
  for (const one of named) {
    if ('entry' in one) {
      found.push(one);
      continue;
    }
    const { word, file } = one;
    const own = networks[files.indexOf(file)];
    const remedy = `${command} ${words.join(' ')} --network FILE`;
    const run = file === word ? undefined : await readRun(word, { option: command, remedy, network: own, data }); // prettier-ignore
    found.push({ word, weights: await readClassWeights(file, run?.network ?? own), ...(run && { run }) }); // prettier-ignore
  }
  return found;
}

/**
 * Reads the weights that the words of a command line name: files, or folders of runs.
 *
 * Errors: a word that names a network without weights; those of `networksFor`, the weights and the
 *         run.
 */
export async function readTrained(
  command: string,
  words: readonly string[],
  options: Pick<TrainedOptions, 'network' | 'data'>,
): Promise<TrainedWeights[]> {
  const named = await readWords(command, words, options);
  return named.map((one) => {
    if ('weights' in one) return one;
    throw new InputError(
      `${command}: expected weights or the folder of a run, got the network ${show(one.word)} without weights`,
    );
  });
}

/** Opens weights, and the data in the form that they expect. */
async function openWeights(
  { word, weights }: TrainedWeights,
  options: SourceOptions,
  { run, told }: { run: RunOptions | undefined; told: Set<string> },
): Promise<Source> {
  const parts = await openParts(options, run, {
    told,
    ...imagesFor(weights),
    entry: weights.entry,
    weights,
  });
  const train = preparedFor(weights, parts.train);
  const test = parts.test && preparedFor(weights, parts.test);
  const { inputShape, columns } = train;
  const isOnnx = isOnnxFile(weights.file);
  const known = isOnnx ? weights.entry.classes : await classesOf(weights, train.classes);
  const classes = known || train.classes;
  const data = { inputShape, classes, ...(columns && { columns }) };
  return { name: word, network: await loadForData(weights, data), train, test };
}

/** Opens a network with random weights, and the data as its file or the other weights state. */
async function openRandom(
  { word, entry }: Random,
  options: SourceOptions,
  {
    run,
    prepared,
    told,
  }: { run: RunOptions | undefined; prepared: TrainedWeights | undefined; told: Set<string> },
): Promise<Source> {
  const { preprocessing: stated, inputShape: imageShape, labels } = entry;
  const other = stated === undefined ? prepared : undefined;
  const images =
    stated === undefined
      ? { imageShape }
      : { imageShape, resize: resizeOf(stepsOf(stated, stated.mean.length)), classOrder: labels };
  const parts = await openParts(
    options,
    run,
    other === undefined
      ? { ...images, entry, told }
      : { ...imagesFor(other.weights), entry: other.weights.entry, weights: other.weights, told },
  );
  const stepsFor = ({ inputShape }: Dataset) => {
    if (other !== undefined) return inputSteps(other.weights);
    if (stated === undefined) return [];
    const preprocessing = stepsOf(stated, inputShape.at(-1) ?? 1);
    return inputSteps({ file: word, pixels: stated, preprocessing });
  };
  const prepare = (part: Dataset) => applyPreprocessing(part, stepsFor(part));
  const train = prepare(parts.train);
  const test = parts.test && prepare(parts.test);
  const { seed } = options;
  const sizes = { rng: new Rng(seed), inputShape: imageShapeOf(train), classes: train.classes };
  const inputs =
    other === undefined ? '' : `, and the inputs are prepared as those of ${other.word}`;
  logBackend(`boxprop: ${word}: the weights are random, of seed ${seed}${inputs}`);
  return { name: word, network: await entry.build(sizes), train, test };
}

/** Returns whether a word names a network and not its weights. */
async function isNetwork(word: string): Promise<boolean> {
  if (isModuleFile(word)) return true;
  const isName = NETWORK_NAMES.includes(word) || !/[./\\]/.test(word);
  return isName && (await pathKind(word)) === 'missing';
}

/** How images in folders are read for a source, and where its settings come from. */
interface SourceImages extends Pick<DataOptions, 'imageShape' | 'resize' | 'classOrder'> {
  readonly entry: ResolvedNetwork;
  readonly weights?: WeightsFile;
  /** The notes that were printed before. */
  readonly told?: Set<string>;
}

/** Opens the training and the test examples, without preprocessing. */
export async function openParts(
  options: DataOptions,
  run: RunOptions | undefined,
  { entry, weights, told, ...images }: SourceImages,
): Promise<Pick<Source, 'train' | 'test'>> {
  if (run !== undefined && options.data === undefined)
    return openRunParts({ ...run, ...images }, entry, weights?.table);
  const opened = await openData({ ...options, ...images }, weights?.table);
  reportNotes(opened, told);
  const { train, test } = opened;
  return { train, test: test === train ? undefined : test };
}

/**
 * Returns the test examples of a source.
 *
 * Errors: data without test examples, because the training examples would flatter the network.
 */
export function testOf({ train, test }: Source): Dataset {
  if (test !== undefined) return test;
  throw new InputError(
    `--data: expected test examples beside ${train.name}, got none: name data with a part for tests`,
  );
}
