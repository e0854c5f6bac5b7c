import { basename } from 'node:path';
import { networks, type NetworkEntry } from '../models/networks.ts';
import type { ImageShape, NetworkOptions } from '../models/options.ts';
import { torchvisionNetworks } from '../models/torchvision/index.ts';
import type { Dataset } from '../data/dataset.ts';
import { similarName } from '../lib/didYouMean.ts';
import { InputError, show } from '../lib/errors.ts';
import { Module } from '../lib/module.ts';
import { buildWith, type Architecture } from './architecture.ts';
import { importModule, isModuleFile } from './moduleFile.ts';
import { entryOfOnnx, isOnnxFile } from './onnxNetwork.ts';
import type { ResolvedNetwork } from './resolvedNetwork.ts';
import { networkFacts, type NetworkFacts } from './networkFacts.ts';

const KNOWN: Readonly<Record<string, NetworkEntry>> = { ...networks, ...torchvisionNetworks };

/** The names of boxprop's networks. */
export const NETWORK_NAMES: readonly string[] = Object.keys(KNOWN);

/** The options of `resolveNetwork`. */
export interface ResolveOptions {
  /** Further arguments of the network's function. */
  readonly architecture?: Architecture | undefined;
  /** The origin of the name, for messages, such as an option or a file; `network` by default. */
  readonly where?: string;
}

/**
 * Resolves NETWORK of the command line: a known name, an ONNX file, or a TypeScript or JavaScript
 * file with
 *
 *     export const network = ({ rng, inputShape, classes }: NetworkOptions) =>
 *       new Sequential([...]);
 *
 * The file may also export the facts of `NetworkFacts`, such as `inputShape` and `preprocessing`.
 *
 * Errors: an unknown name; a missing file; a file that exports no such function, or an invalid
 *         fact. `build` throws if the function does not return a box, or if it does not read every
 *         entry of `architecture`.
 */
export async function resolveNetwork(
  network: string,
  { architecture = {}, where = 'network' }: ResolveOptions = {},
): Promise<ResolvedNetwork> {
  if (isOnnxFile(network)) return resolveOnnx(network, architecture);
  const entry: ModuleEntry = isModuleFile(network) ? await entryOf(network) : known(network, where);
  const { inputShape, classes } = entry;
  // boxprop's own networks have their published sizes as defaults. The function of a user's file
  // may have no defaults.
  const defaults = isModuleFile(network) ? { inputShape, classes } : {};
  const build: NetworkEntry['build'] = (options) =>
    buildWith(network, entry.build, { ...defaults, ...options }, architecture);
  return { ...entry, build };
}

async function resolveOnnx(file: string, architecture: Architecture): Promise<ResolvedNetwork> {
  const [name] = Object.keys(architecture);
  if (name === undefined) return entryOfOnnx(file);
  throw new InputError(`${file}: expected no --architecture for an ONNX file, got ${name}`);
}

function known(name: string, where: string): NetworkEntry {
  if (Object.hasOwn(KNOWN, name)) return KNOWN[name];
  const similar = similarName(name, NETWORK_NAMES);
  if (similar !== undefined)
    throw new InputError(`${where}: unknown network ${show(name)}; did you mean ${similar}?`);
  throw new InputError(
    `${where}: expected one of ${NETWORK_NAMES.join(', ')}, or a file such as net.ts or net.onnx, got ${show(name)}`,
  );
}

/** A network of boxprop, or of a module file. */
type ModuleEntry = NetworkEntry & NetworkFacts & Pick<ResolvedNetwork, 'stated'>;

async function entryOf(file: string): Promise<ModuleEntry> {
  const { network: make, ...exported } = await importModule(file);
  if (!isBuilder(make)) {
    throw new InputError(
      `${file}: expected an exported function network({ rng, inputShape, classes }), got ${show(make)}`,
    );
  }
  const build: NetworkEntry['build'] = (options) => {
    const box: unknown = make(options);
    if (isBox(box)) return box;
    if (isForeignBox(box)) {
      const remedy = /\.c?js$/.test(file)
        ? `name it ${basename(file).replace(/\.c?js$/, '.mjs')}, or put "type": "module" into its package.json`
        : 'it imports another installation of boxprop';
      throw new InputError(
        `${file}: expected a box of this boxprop, got ${show(box)} of another copy: ${remedy}`,
      );
    }
    throw new InputError(`${file}: expected network() to return a box, got ${show(box)}`);
  };
  const facts = networkFacts(file, exported);
  const { inputShape, classes } = facts;
  const stated = { ...(inputShape && { inputShape }), ...(classes !== undefined && { classes }) };
  const defaults = { inputShape: [28, 28, 1], classes: 10 } as const;
  return { build, ...defaults, title: file, source: file, ...facts, stated };
}

function isBox(value: unknown): value is Module {
  return value instanceof Module;
}

/**
 * Returns whether a value looks like a box of a second copy of boxprop. A second copy is loaded by
 * a CommonJS file, or by a file next to another installation.
 */
function isForeignBox(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'backpropToInput' in value;
}

function isBuilder(value: unknown): value is (options: NetworkOptions) => unknown {
  return typeof value === 'function';
}

/**
 * Returns the input shape of a dataset of images, in the form that the functions of networks
 * expect.
 */
export function imageShapeOf({ inputShape }: Pick<Dataset, 'inputShape'>): ImageShape {
  const [height, width, channels] = inputShape;
  return [height, width, channels];
}
