import type { Command } from 'commander';
import { BoxpropError, InputError, show } from '../lib/errors.ts';
import { isObject } from '../lib/isObject.ts';
import { homePath } from '../lib/files/homePath.ts';
import { readText } from '../lib/files/readFile.ts';
import { parseJson } from '../lib/parseJson.ts';
import { checkArchitecture } from './architecture.ts';
import { importModule, isModuleFile } from './moduleFile.ts';
import { unknownOption } from './unknownOption.ts';

/** Options that may be given only on the command line. */
const COMMAND_LINE_ONLY = ['config', 'resume', 'out', 'processes', 'maxRestarts'];

/**
 * Sets the options of a command from the object in a file. The keys of the object are the long
 * options in camel case, and `network`. Options on the command line take precedence:
 *
 *     { "network": "lenet5", "preprocess": ["pad:2", "standardize"], "weightDecay": 1e-4 }
 *
 * Errors: unknown keys; keys that may be given only on the command line; values that the command
 *         line would not accept. The message names the file.
 * @returns the network, if the object names one.
 */
export function applyOptions(
  command: Command,
  file: string,
  config: Readonly<Record<string, unknown>>,
): string | undefined {
  const options = new Map(command.options.map((option) => [option.attributeName(), option]));
  const flagOf = (name: string) => options.get(name)?.long ?? name;
  const { network, ...given } = config;
  if (network !== undefined && typeof network !== 'string')
    throw new InputError(`${file}: network: expected a name or a file, got ${show(network)}`);
  for (const [name, value] of Object.entries(given)) {
    const option = options.get(name);
    if (COMMAND_LINE_ONLY.includes(name))
      throw new InputError(`${file}: ${name}: expected ${flagOf(name)} on the command line only`);
    if (option === undefined) {
      const known = ['network', ...options.keys()].filter(
        (key) => !COMMAND_LINE_ONLY.includes(key),
      );
      throw new InputError(`${file}: ${unknownOption(name, known)}`);
    }
    if (command.getOptionValueSource(name) === 'cli') continue;
    command.setOptionValueWithSource(name, parsed(file, option, value), 'config');
  }
  return network === undefined ? undefined : homePath(network);
}

/** Parses a value from a file in the same way as the command line parses its text. */
function parsed(file: string, option: Command['options'][number], value: unknown): unknown {
  const refuse = (expected: string) =>
    new InputError(`${file}: ${option.long}: expected ${expected}, got ${show(value)}`);
  if (option.isBoolean() || option.negate) {
    if (typeof value === 'boolean') return value;
    throw refuse('true or false');
  }
  const isArchitecture = option.attributeName() === 'architecture';
  const words: readonly unknown[] = Array.isArray(value) ? value : [value];
  if (!isArchitecture && !words.every((word) => typeof word === 'string' || Number.isFinite(word)))
    throw refuse('text or a number');
  let found: unknown;
  try {
    if (isArchitecture) return checkArchitecture(value);
    const text = words.join(',');
    found = option.parseArg === undefined ? text : option.parseArg(text, undefined);
  } catch (error) {
    if (error instanceof BoxpropError)
      throw new InputError(`${file}: ${error.message}`, { cause: error });
    throw error;
  }
  // Values on the command line are strings, but values in a file have types, which must match.
  if (typeof found === 'number' && typeof value !== 'number') throw refuse('a number');
  if (typeof found === 'string' && typeof value !== 'string') throw refuse('text');
  const isTextList = Array.isArray(found) && typeof found[0] === 'string';
  if (isTextList && !words.every((word) => typeof word === 'string')) throw refuse('text');
  return found;
}

/**
 * Parses the object of options in a file.
 *
 * Errors: text that is not JSON; JSON that is not an object.
 */
export function parseConfig(file: string, text: string): Record<string, unknown> {
  return checkConfig(file, parseJson(file, text));
}

function checkConfig(file: string, config: unknown): Record<string, unknown> {
  if (isObject(config)) return { ...config };
  throw new InputError(`${file}: expected an object of options, got ${show(config)}`);
}

/**
 * Reads the object in a file: JSON, or the default export of a TypeScript or JavaScript module.
 *
 * Errors: a file that cannot be read or loaded; a value that is not an object.
 */
export async function readConfig(file: string): Promise<Record<string, unknown>> {
  return isModuleFile(file)
    ? checkConfig(file, (await importModule(file)).default)
    : parseConfig(file, await readText(file));
}
