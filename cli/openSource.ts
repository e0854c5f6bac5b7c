import { join } from 'node:path';
import type { Dataset } from '../data/dataset.ts';
import { InputError, show } from '../lib/errors.ts';
import { pathKind } from '../lib/files/regularFile.ts';
import type { Module } from '../lib/module.ts';
import { Rng } from '../lib/rng.ts';
import { isModuleFile } from './moduleFile.ts';
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
  loadForData,
  preparedFor,
  readClassWeights,
  type WeightsFile,
} from './weightsFile.ts';

/** The options of the commands that look at the representations of a network. */
export interface SourceOptions extends DataOptions {
  /** The network of weights that do not name it. */
  readonly network?: string;
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

/** A word of the command line, and the file or folder that it names. */
interface Named {
  readonly word: string;
  /** The settings of the run in the folder, if it is one. */
  readonly run?: RunOptions;
  /** The network, if the word names one without weights. */
  readonly entry?: ResolvedNetwork;
}

/**
 * Opens the networks that the words of a command line name, and the data. Without `--data`, the
 * data of the first run among them is used for all of them. The number of classes may differ from
 * that of the weights, because representations do not depend on it.
 *
 * Errors: a word that names nothing; those of the weights, the run and the data.
 */
export async function openSources(
  command: string,
  words: readonly string[],
  options: SourceOptions,
): Promise<Source[]> {
  const named: Named[] = [];
  for (const word of words) {
    const isFolder = (await pathKind(word)) === 'folder';
    const { network, data } = options;
    const remedy = `${command} ${words.join(' ')} --network FILE`;
    const reader = { option: command, remedy, network, data };
    if (isFolder) named.push({ word, run: await readRun(word, reader) });
    else if (await isNetwork(word))
      named.push({ word, entry: await resolveNetwork(word, { where: show(word) }) });
    else named.push({ word });
  }
  const run = named.find((one) => one.run !== undefined)?.run;
  const sources: Source[] = [];
  try {
    for (const one of named) sources.push(await openSource(one, options, run));
  } catch (error) {
    sources.forEach(({ network }) => network.dispose());
    throw error;
  }
  return sources;
}

async function openSource(
  { word, run: own, entry }: Named,
  options: SourceOptions,
  run: RunOptions | undefined,
): Promise<Source> {
  const name = word;
  if (entry !== undefined) {
    const { train, test } = await openParts(options, run, {
      imageShape: entry.inputShape,
      entry,
    });
    const { seed } = options;
    const { classes } = train;
    const sizes = { rng: new Rng(seed), inputShape: imageShapeOf(train), classes };
    logBackend(`boxprop: ${word}: the weights are random, of seed ${seed}`);
    return { name, network: await entry.build(sizes), train, test };
  }
  const file = own === undefined ? word : join(word, 'weights.safetensors');
  const isOnnx = isOnnxFile(file);
  const weights = await readClassWeights(file, isOnnx ? undefined : (own?.network ?? options.network)); // prettier-ignore
  const parts = await openParts(options, run, {
    ...imagesFor(weights),
    entry: weights.entry,
    weights,
  });
  const train = preparedFor(weights, parts.train);
  const test = parts.test && preparedFor(weights, parts.test);
  const { inputShape, columns } = train;
  const known = isOnnx ? weights.entry.classes : await classesOf(weights, train.classes);
  const classes = known || train.classes;
  const data = { inputShape, classes, ...(columns && { columns }) };
  return { name, network: await loadForData(weights, data), train, test };
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
}

/** Opens the training and the test examples, without preprocessing. */
async function openParts(
  options: SourceOptions,
  run: RunOptions | undefined,
  { entry, weights, ...images }: SourceImages,
): Promise<Pick<Source, 'train' | 'test'>> {
  if (run !== undefined && options.data === undefined)
    return openRunParts({ ...run, ...images }, entry, weights?.table);
  const opened = await openData({ ...options, ...images }, weights?.table);
  reportNotes(opened);
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
