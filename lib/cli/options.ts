import { InputError, show } from '../errors.ts';

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

export function positiveOption(flag: string): (text: string) => number {
  return (text) => {
    const value = /^(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : NaN;
    if (!(value > 0 && value < Infinity)) {
      throw new InputError(`${flag}: expected a number above 0, got ${show(text)}`);
    }
    return value;
  };
}

export function choiceOption<T extends string>(flag: string, choices: readonly T[]): (text: string) => T {
  return (text) => {
    const choice = choices.find((known) => known === text);
    if (choice === undefined) {
      throw new InputError(`${flag}: expected one of ${choices.join(', ')}, got ${show(text)}`);
    }
    return choice;
  };
}
