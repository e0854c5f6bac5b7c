import { InputError, show } from '../lib/errors.ts';
import { shorten } from '../lib/oneLine.ts';

/**
 * Characters without a width, except for the joiners, which influence how a word or emoji looks.
 */
const INVISIBLE = /[^\P{Cf}\u200C\u200D]/gu;

/**
 * Throws if two names of classes look alike: if they are equal, or differ only in the encoding of
 * their accents, in spaces around them, or in invisible characters.
 *
 * Errors: `train.csv: expected class names that look different, got "cat" and "cat\u{200b}"`.
 */
export function checkNamesDiffer(where: string, names: readonly string[]): void {
  const known = new Map<string, string>();
  for (const name of names) {
    const seen = name.normalize('NFC').replace(INVISIBLE, '').trim();
    const other = known.get(seen);
    if (other !== undefined) {
      throw new InputError(
        `${where}: expected class names that look different, got ${reveal(other)} and ${reveal(name)}`,
      );
    }
    known.set(seen, name);
  }
}

/** Formats a name. Its invisible characters and its separate accents are shown as escapes. */
function reveal(name: string): string {
  return show(shorten(name, 100)).replace(
    /[\p{Cf}\p{M}]/gu,
    (one) => `\\u{${one.codePointAt(0)?.toString(16)}}`,
  );
}
