import type { Variable } from '@tensorflow/tfjs-core';
import { similarName } from '../../lib/didYouMean.ts';
import { show } from '../../lib/errors.ts';
import type { Stored } from './layout.ts';
import type { TensorInfo } from '../tensorFile.ts';
import { brief } from './safetensorsHeader.ts';

/** A variable of a network and its form in a file. */
export interface Wanted {
  readonly variable: Variable;
  readonly stored: Stored;
}

/**
 * The number of problems of each kind that a message describes. Further problems are only counted.
 */
const FEW = 4;

/**
 * The largest number of names among which a similar name is searched. A file may have a million
 * names.
 */
const COMPARED = 2000;

const FLOATS: ReadonlySet<string> = new Set(['F64', 'F32', 'F16', 'BF16']);

/**
 * Describes how a network's variables and the tensors of a file differ: the first few problems of
 * each kind, and the number of the others. The list is empty if there are no differences.
 *
 *     "fc.weight": missing, perhaps it is "fc.wieght"; and 60 more; "fc.wieght": unexpected
 *
 * @param ignored a pattern for names in the file that do not belong to the network.
 */
export function mismatches(
  wanted: readonly Wanted[],
  entries: ReadonlyMap<string, TensorInfo>,
  ignored?: RegExp,
): string[] {
  const known = new Set(wanted.map(({ stored }) => stored.name));
  const others = [...entries.keys()].filter((name) => !known.has(name) && !ignored?.test(name));
  const wrong = wanted.flatMap((one) => mismatch(one, entries, others) ?? []);
  return [
    ...few(wrong, (describe) => describe(), 'more'),
    ...few(others, (name) => `${brief(name)}: unexpected`, 'more are unexpected'),
  ];
}

/** Describes the first few elements of a list, and counts the others. */
function few<T>(all: readonly T[], describe: (one: T) => string, more: string): string[] {
  // If only one element were left out, its count would be as long as its description.
  if (all.length <= FEW + 1) return all.map(describe);
  return [...all.slice(0, FEW).map(describe), `and ${all.length - FEW} ${more}`];
}

/**
 * Returns a function that describes the problem with the weights of one variable, or undefined if
 * there is no problem. Only the problems that a message shows are described, because the search for
 * a similar name takes time.
 */
function mismatch(
  { variable, stored: { name, shape } }: Wanted,
  entries: ReadonlyMap<string, TensorInfo>,
  others: readonly string[],
): (() => string) | undefined {
  const weights = entries.get(name);
  const isSame = (of: readonly number[] | undefined) => show(of) === show(shape);
  if (!weights) {
    return () => {
      const candidates = others.slice(0, COMPARED).filter((one) => isSame(entries.get(one)?.shape));
      const similar = similarName(name, candidates);
      return `${show(name)}: missing${similar === undefined ? '' : `, perhaps it is ${brief(similar)}`}`;
    };
  }
  if (!isSame(weights.shape)) {
    return () => `${show(name)}: expected shape ${show(shape)}, got ${brief(weights.shape)}`;
  }
  if (!FLOATS.has(weights.dtype)) {
    return () => `${show(name)}: expected floating-point weights, got ${weights.dtype}`;
  }
  if (variable.dtype === 'float32') return undefined;
  return () => `${show(name)}: expected a float32 variable, got ${variable.dtype}`;
}
