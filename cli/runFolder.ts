import { join, resolve } from 'node:path';
import { InputError, show } from '../lib/errors.ts';
import { readRegularText } from '../lib/files/readFile.ts';
import { writeFileAtomic } from '../lib/files/writeFileAtomic.ts';
import { isModuleFile } from './moduleFile.ts';
import { isOnnxFile } from './onnxNetwork.ts';
import { parseConfig } from './runConfig.ts';
import { readFolderText } from './runFiles.ts';
import { runOptionsFrom, type RunOptions } from './trainOptions.ts';

/**
 * The settings of a command that reads a run: names for messages, and options that the user gave to
 * replace those of the run.
 */
export interface RunReader {
  /** The option or command that names the folder, for messages. */
  readonly option: string;
  /** A command line that also names the network's module file. Messages suggest it. */
  readonly remedy: string;
  /** The network that the user named. It replaces that of the run. */
  readonly network?: string | undefined;
  /** The path of the data that the user named. It replaces that of the run. */
  readonly data?: string | undefined;
}

/**
 * Reads the options of the run in a folder from its `config.json`. The folder may come from an
 * untrusted source, so code that it names is not run.
 *
 * Errors: a folder without a run; a `config.json` that does not contain the options of a run; those
 *         of `runOptionsFrom`; a network that is a module file, unless the user names it.
 */
export async function readRun(
  folder: string,
  { option, remedy, network, data }: RunReader,
): Promise<RunOptions> {
  const file = join(folder, 'config.json');
  const text = await readFolderText(option, 'run', folder, 'config.json');
  const options = runOptionsFrom(file, parseConfig(file, text));
  if (network === undefined && isModuleFile(options.network)) {
    throw new InputError(
      `${file}: the run is of ${show(options.network)}, and the folder of a run must not run code: ` +
        `name that file yourself: boxprop ${remedy}`,
    );
  }
  return { ...options, ...(network !== undefined && { network }), ...(data && { data }) };
}

/**
 * Writes a new number of epochs to a run's `config.json`. After a run has been resumed with
 * `--epochs`, it can then be resumed again without this option.
 */
export async function storeEpochs(folder: string, epochs: number): Promise<void> {
  const file = join(folder, 'config.json');
  const config = { ...parseConfig(file, await readRegularText(file)), epochs };
  await writeConfig(folder, config);
}

/** Writes a run's `config.json`. */
export function writeConfig(folder: string, config: object): Promise<void> {
  const text = JSON.stringify(config, undefined, 2);
  return writeFileAtomic(join(folder, 'config.json'), `${text}\n`);
}

/** Makes the paths of options absolute, so that the run can be used from any folder. */
export function withAbsolutePaths<T extends { network?: unknown; data?: unknown; from?: unknown }>(
  options: T,
): T {
  const { network, data, from } = options;
  return {
    ...options,
    ...(typeof network === 'string' && { network: absoluteNetwork(network) }),
    ...(typeof data === 'string' && { data: resolve(data) }),
    ...(typeof from === 'string' && { from: resolve(from) }),
  };
}

/** Makes the path of a network's file absolute. */
export function absoluteNetwork(network: string): string {
  return isModuleFile(network) || isOnnxFile(network) ? resolve(network) : network;
}
