import { basename } from 'node:path';
import { Module } from '../lib/module.ts';
import { InputError, show } from '../lib/errors.ts';
import { loadNetwork } from '../models/loadNetwork.ts';
import type { Dataset } from '../data/dataset.ts';
import { Rng } from '../lib/rng.ts';
import type { NetworkEntry } from '../models/index.ts';
import type { ImageShape, NetworkOptions } from '../models/options.ts';
import { buildWith, type Architecture } from './architecture.ts';
import { importModule, isModuleFile } from './moduleFile.ts';
import { imageShapeOf, networkNamed } from './networks.ts';
import { architectureOfFile, trainedOnOfFile, zerosFor } from './weightsFile.ts';

/**
 * The network of a name of the command line, or of a TypeScript or JavaScript file that exports
 *
 *   export const network = ({ rng, inputShape, classes }: NetworkOptions) => new Sequential([...]);
 *
 * @param architecture is given to the function too.
 * Errors: an unknown name; no such file; a file that does not export a function, or whose function gives no box; at
 *         `build`, an architecture that the function does not read.
 */
export async function openNetwork(
  network: string,
  architecture: Architecture = {},
): Promise<NetworkEntry> {
  const entry = await openPlain(network);
  const defaults = isModuleFile(network)
    ? { inputShape: entry.inputShape, classes: entry.classes }
    : {};
  const build: NetworkEntry['build'] = (options) =>
    buildWith(network, entry.build, { ...defaults, ...options }, architecture);
  return { ...entry, build };
}

async function openPlain(network: string): Promise<NetworkEntry> {
  if (!isModuleFile(network)) return networkNamed(network);
  const { network: make } = await importModule(network);
  if (!isBuilder(make)) {
    throw new InputError(
      `${network}: expected an exported function network({ rng, inputShape, classes }), got ${show(make)}`,
    );
  }
  const build: NetworkEntry['build'] = (options) => {
    const box: unknown = make(options);
    if (isBox(box)) return box;
    if (isForeignBox(box)) {
      const remedy = /\.c?js$/.test(network)
        ? `name it ${basename(network).replace(/\.c?js$/, '.mjs')}, or put "type": "module" into its package.json`
        : 'it imports another installation of boxprop';
      throw new InputError(
        `${network}: expected a box of this boxprop, got ${show(box)} of another copy: ${remedy}`,
      );
    }
    throw new InputError(`${network}: expected network() to give a box, got ${show(box)}`);
  };
  return { build, inputShape: [28, 28, 1], classes: 10, title: network, source: network };
}

function isBox(value: unknown): value is Module {
  return value instanceof Module;
}

/** A CommonJS file, or one with another installation beside it, loads boxprop a second time, with classes of its own. */
function isForeignBox(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'backpropToInput' in value;
}

function isBuilder(value: unknown): value is (options: NetworkOptions) => unknown {
  return typeof value === 'function';
}

/**
 * The network of a name or file with the weights of a file, for data as the network sees it.
 *
 * Errors: those of both; weights that were trained on other classes, if both have names for them.
 */
export async function openTrained(
  network: string,
  file: string,
  dataset: Dataset,
): Promise<Module> {
  const { classes, classNames } = dataset;
  const trained = await trainedOnOfFile(file);
  if (trained !== undefined && trained.classes !== classes) {
    throw new InputError(
      `${file}: expected data of ${trained.classes} classes, as in its training, got ${classes}`,
    );
  }
  const names = classNames === undefined ? [] : (trained?.classNames ?? []);
  const k = names.findIndex((name, k) => name !== classNames?.[k]);
  if (k >= 0) {
    const expected = `data whose class ${k} is ${show(names[k])}, as in its training`;
    throw new InputError(`${file}: expected ${expected}, got ${show(classNames?.[k])}`);
  }
  const entry = await openNetwork(network, await architectureOfFile(file));
  return (await withWeights(entry, network, file, imageShapeOf(dataset), classes)).network;
}

/** A network for images and classes like these, with the weights of a file; and the file's metadata. */
export async function withWeights(
  entry: NetworkEntry,
  name: string,
  file: string,
  inputShape: ImageShape,
  classes: number,
): Promise<{ network: Module; metadata: Record<string, string> }> {
  const network = entry.build({ rng: new Rng(0), init: await zerosFor(file), inputShape, classes });
  return { network, metadata: await loadNetwork(file, name, network, inputShape) };
}
