import { readFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { BoxpropError, InputError, show } from '../lib/errors.ts';
import { isObject } from '../lib/isObject.ts';
import { systemProblem } from '../lib/files/systemError.ts';
import { checkArchitecture } from './architecture.ts';
import { importModule, isModuleFile } from './moduleFile.ts';

/**
 * Sets the options of a command from a file, those of the command line going before: JSON, or a TypeScript or
 * JavaScript module's default export, an object whose keys are the long options in camel case, and `network`:
 *
 *   { "network": "lenet5", "prepare": ["pad:2", "standardize"], "epochs": 20, "weightDecay": 1e-4 }
 *
 * Errors: a file that cannot be read, unknown options, and values that the command line would refuse, with the file.
 * @returns the network, if the file has one.
 */
export async function applyConfig(command: Command, file: string): Promise<string | undefined> {
  return applyOptions(command, file, await readConfig(file));
}

/** Sets options that were read from a file, which errors name. */
export function applyOptions(
  command: Command,
  file: string,
  config: Readonly<Record<string, unknown>>,
): string | undefined {
  const known = command.options.filter(
    (option) => !['config', 'resume', 'out'].includes(option.attributeName()),
  );
  let network: string | undefined;
  for (const [name, value] of Object.entries(config)) {
    if (name === 'network' && typeof value === 'string') network = value;
    else {
      const option = known.find((one) => one.attributeName() === name);
      if (option === undefined) {
        const names = ['network', ...known.map((one) => one.attributeName())].join(', ');
        throw new InputError(`${file}: expected options out of ${names}, got ${show(name)}`);
      }
      if (command.getOptionValueSource(name) === 'cli') continue;
      command.setOptionValueWithSource(name, parsed(file, option, value), 'config');
    }
  }
  return network;
}

/** As the command line would read it. */
function parsed(file: string, option: Command['options'][number], value: unknown): unknown {
  const text = Array.isArray(value) ? value.join(',') : String(value);
  if (option.isBoolean() || option.negate) {
    if (typeof value === 'boolean') return value;
    throw new InputError(`${file}: ${option.long}: expected true or false, got ${show(value)}`);
  }
  try {
    if (option.attributeName() === 'architecture') return checkArchitecture(value);
    if (typeof value === 'object' && !Array.isArray(value))
      throw new InputError(`${option.long}: expected text or a number, got ${show(value)}`);
    return option.parseArg === undefined ? text : option.parseArg(text, undefined);
  } catch (error) {
    if (error instanceof BoxpropError)
      throw new InputError(`${file}: ${error.message}`, { cause: error });
    throw error;
  }
}

/** The object in a file: JSON, or a module's default export. */
export async function readConfig(file: string): Promise<Record<string, unknown>> {
  let config: unknown;
  if (isModuleFile(file)) config = (await importModule(file)).default;
  else {
    const text = await readFile(file, 'utf8').catch((error: unknown) => {
      throw new InputError(`${file}: cannot be read: ${systemProblem(error)}`, { cause: error });
    });
    try {
      config = JSON.parse(text);
    } catch (error) {
      const problem =
        error instanceof Error ? error.message.replace(/\s*\n\s*/g, ' ') : String(error);
      throw new InputError(`${file}: expected JSON: ${problem}`, { cause: error });
    }
  }
  if (isObject(config)) return { ...config };
  throw new InputError(`${file}: expected an object of options, got ${show(config)}`);
}
