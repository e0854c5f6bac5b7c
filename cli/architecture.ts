import { InputError, show } from '../lib/errors.ts';
import { isObject } from '../lib/isObject.ts';
import type { NetworkOptions } from '../models/options.ts';
import { decimal } from './options.ts';

/** Further arguments of a network's function, such as `{ units: 64, batchNorm: true }`. */
export type Architecture = Readonly<Record<string, string | number | boolean>>;

/** The arguments that every network's function receives from the command line. */
const GIVEN = ['rng', 'inputShape', 'classes', 'init'];

/** Reads `--architecture units=64,batchNorm=true`. Errors: a pair without a name or a value. */
export function architectureOption(text: string): Architecture {
  const pairs = text.split(',').map((pair): [string, unknown] => {
    const [, name, value] = /^([^=]+)=(.+)$/.exec(pair) ?? [];
    if (name === undefined) {
      throw new InputError(
        `--architecture: expected NAME=VALUE, such as units=64, got ${show(pair)}`,
      );
    }
    if (value === 'true' || value === 'false') return [name, value === 'true'];
    return [name, Number.isNaN(decimal(value.replace(/^-/, ''))) ? value : Number(value)];
  });
  const [twice] = pairs.find(([name], k) => pairs.findIndex(([other]) => other === name) < k) ?? [];
  if (twice !== undefined)
    throw new InputError(`--architecture: expected each name once, got ${show(twice)} again`);
  return checkArchitecture(Object.fromEntries(pairs));
}

/**
 * Checks an architecture that was read from a file.
 *
 * Errors: a value that is not an object of numbers, strings and booleans; a name in `GIVEN`.
 */
export function checkArchitecture(value: unknown): Architecture {
  if (!isObject(value)) {
    throw new InputError(
      `--architecture: expected an object, such as { "units": 64 }, got ${show(value)}`,
    );
  }
  const architecture: Record<string, string | number | boolean> = {};
  for (const [name, one] of Object.entries(value)) {
    if (GIVEN.includes(name)) {
      throw new InputError(
        `--architecture: expected names other than ${GIVEN.join(', ')}, which every network gets, got ${show(name)}`,
      );
    }
    if (typeof one !== 'string' && typeof one !== 'boolean' && !isFiniteNumber(one)) {
      throw new InputError(
        `--architecture: ${name}: expected a number, text, true or false, got ${show(one)}`,
      );
    }
    architecture[name] = one;
  }
  return architecture;
}

function isFiniteNumber(value: unknown): value is number {
  return Number.isFinite(value);
}

/**
 * Calls a network's function with an architecture, and checks that the function reads every entry
 * of it. Otherwise a misspelt name would have no effect, and a search would conclude that it is
 * unimportant.
 *
 * Errors: an entry that the function does not read.
 * @param name the name of the network, for messages.
 */
export function buildWith<T extends { dispose(): void }>(
  name: string,
  build: (options: NetworkOptions) => T,
  options: NetworkOptions,
  architecture: Architecture,
): T {
  const unread = new Set(Object.keys(architecture));
  const given = { ...options };
  for (const [key, value] of Object.entries(architecture)) {
    const get = () => {
      unread.delete(key);
      return value;
    };
    Object.defineProperty(given, key, { get, enumerable: true });
  }
  const box = build(given);
  const [first] = unread;
  if (first === undefined) return box;
  box.dispose();
  throw new InputError(
    `${name}: expected network() to read every entry of --architecture, but it does not read ${first}`,
  );
}
