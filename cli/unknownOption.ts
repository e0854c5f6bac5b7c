import { didYouMean } from '../lib/didYouMean.ts';
import { shorten } from '../lib/oneLine.ts';

/** The new names of options that have been renamed. */
const RENAMED: Readonly<Record<string, string>> = {
  rate: 'learningRate',
  batch: 'batchSize',
  prepare: 'preprocess',
  validation: 'validationSplit',
  clip: 'clipNorm',
  warmUp: 'warmupSteps',
  records: 'examples',
  inputs: 'examples',
};

/**
 * Returns the message about an unknown option, with the known option that the user probably meant:
 * `unknown option --rate; did you mean --learning-rate?`
 *
 * @param name a flag, or a key of a file in camel case.
 * @param known the known options in the same notation.
 */
export function unknownOption(name: string, known: readonly string[]): string {
  const word = camelCase(name);
  const present = Object.hasOwn(RENAMED, word) ? RENAMED[word] : undefined;
  const renamed = known.find((other) => camelCase(other) === present);
  const hint = renamed === undefined ? didYouMean(name, known) : `; did you mean ${renamed}?`;
  return `unknown option ${shorten(name, 60)}${hint}`;
}

/** Converts `--learning-rate` to `learningRate`. */
function camelCase(flag: string): string {
  return flag.replace(/^-+/, '').replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase());
}
