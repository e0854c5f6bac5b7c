import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import { InputError, show } from '../lib/errors.ts';
import { isObject } from '../lib/isObject.ts';
import { shorten } from '../lib/oneLine.ts';
import { parseJson } from '../lib/parseJson.ts';
import { readWeightsHeader } from '../models/loadTrainedNetwork.ts';
import { isModuleFile } from './moduleFile.ts';
import { isOnnxFile } from './onnxNetwork.ts';
import { runOptionsFrom, type RunOptions } from './trainOptions.ts';

/**
 * The options that are not part of the entry `settings` of a checkpoint. Other entries name the
 * network and describe the data, whose path depends on the machine. `from` is a path too, and the
 * checkpoint has the weights. `report` and `checkpointSteps` do not influence the weights.
 */
const NO_SETTINGS = new Set<string>(['network', 'data', 'from', 'report', 'checkpointSteps']);

/**
 * Makes the entry `settings` of a checkpoint's metadata: the options that influence the weights.
 */
export function settingsMetadata(options: RunOptions): string {
  const entries = Object.entries(options).filter(([name]) => !NO_SETTINGS.has(name));
  return JSON.stringify(Object.fromEntries(entries));
}

/**
 * Returns the entry `network` of the metadata. For a module or an ONNX file it is only the name of
 * the file, because a path would depend on the folder of the run.
 */
export function networkMetadata(network: string): string {
  return isModuleFile(network) || isOnnxFile(network) ? basename(network) : network;
}

/** A run that a command reads, and the options of the command that replace those of the run. */
export interface SettingsCheck {
  /** The option or command that names the folder, for messages. */
  readonly option: string;
  /** The folder of the run. */
  readonly folder: string;
  /** The options in the run's `config.json`. If the user named a network, `network` is that one. */
  readonly options: RunOptions;
  /** Whether the user named the network. */
  readonly networkNamed: boolean;
  /** The number of epochs that the user named. */
  readonly epochs?: number | undefined;
}

/**
 * Checks that the options in a run's `config.json` are those with which its checkpoint was trained,
 * so that an edit of the file cannot change a run unnoticed.
 *
 * Errors: a checkpoint that cannot be read; an option that differs:
 *         `--resume: runs/a/config.json: expected learningRate to be 0.02, with which the run was
 *         trained, got 0.5: write 0.02 there, or train a new run`.
 * @returns notes for the user: about a network or a number of epochs that the user named and that
 *          differs from before, and about a checkpoint without settings.
 */
export async function checkSameSettings(check: SettingsCheck): Promise<string[]> {
  const { option, folder, options, networkNamed, epochs } = check;
  const file = join(folder, 'checkpoint.safetensors');
  if (!existsSync(file)) {
    throw new InputError(
      `${option}: expected a run with a checkpoint, found no checkpoint.safetensors in ${show(folder)}`,
    );
  }
  const { metadata } = await readWeightsHeader(file);
  const text = metadata.get('settings');
  if (text === undefined)
    return [`${file}: an older boxprop wrote it, so config.json cannot be compared with it`];
  const stored = parseJson(`${file}: settings`, text);
  if (!isObject(stored))
    throw new InputError(`${file}: settings: expected an object, got ${show(stored)}`);
  // The same function reads both, so both get the same defaults, even for options that are newer
  // than the checkpoint.
  const read = runOptionsFrom(`${file}: settings`, { ...stored, network: options.network });
  const began = entriesOf(read, metadata.get('network'));
  const now = entriesOf(options, networkMetadata(options.network));
  const notes: string[] = [];
  for (const name of new Set([...began.keys(), ...now.keys()])) {
    const isNamed = name === 'network' ? networkNamed : name === 'epochs' && epochs !== undefined;
    const after = isNamed && name === 'epochs' ? JSON.stringify(epochs) : now.get(name);
    const before = began.get(name);
    if (before === after) continue;
    const [expected, got] = [before, after].map((value) => shorten(value ?? 'none', 200));
    if (isNamed) {
      notes.push(`${option}: the run goes on with ${name} ${got}; it began with ${expected}`);
      continue;
    }
    const restored = before === undefined ? 'remove it' : `write ${expected}`;
    const other = name === 'epochs' ? `name the number: --epochs ${got}` : 'train a new run';
    throw new InputError(
      `${option}: ${join(folder, 'config.json')}: expected ${name} to be ${expected}, with which ` +
        `the run was trained, got ${got}: ${restored} there, or ${other}`,
    );
  }
  return notes;
}

/**
 * Returns a note if a run continues on a backend other than the one that wrote its checkpoint. This
 * happens if `--backend auto` chooses another backend after a package was installed or removed.
 */
export async function backendNotes(checkpoint: string, backend: string): Promise<string[]> {
  const { metadata } = await readWeightsHeader(checkpoint);
  const began = metadata.get('backend') ?? backend;
  if (began === backend) return [];
  const problem = 'its weights will differ from those of a run that was never stopped';
  return [`--resume: the run goes on with ${backend}; it began with ${show(began)}, so ${problem}`];
}

/** Returns the settings and the network, by name, with their values as JSON. */
export function entriesOf(options: RunOptions, network: string | undefined): Map<string, string> {
  const entries = Object.entries({ ...options, network }).filter(
    ([name]) => name === 'network' || !NO_SETTINGS.has(name),
  );
  return new Map(
    entries.flatMap(([name, value]) =>
      value === undefined ? [] : [[name, JSON.stringify(value)] as const],
    ),
  );
}
