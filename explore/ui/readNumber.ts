/** The numbers that a field accepts; by default all numbers. */
export interface NumberRule {
  readonly whole?: boolean;
  readonly least?: number;
  readonly most?: number;
  /** A bound that the number must exceed. The bound itself is not accepted. */
  readonly above?: number;
}

/** A number that a reader typed, or the reason why it is not accepted. */
export type Typed = { readonly value: number } | { readonly problem: string };

/**
 * Parses a number that a reader typed. Any kind of minus sign is accepted, and a decimal point or
 * comma.
 */
export function readNumber(text: string, rule: NumberRule = {}): Typed {
  const typed = text.trim();
  const value = Number(typed.replaceAll('−', '-').replace(',', '.'));
  const { whole = false, least = -Infinity, most = Infinity, above = -Infinity } = rule;
  const fits =
    typed !== '' &&
    Number.isFinite(value) &&
    (!whole || Number.isSafeInteger(value)) &&
    value >= least &&
    value <= most &&
    value > above;
  if (fits) return { value };
  return { problem: `expected ${wordsOf(rule)}, got ${typed === '' ? 'nothing' : typed}` };
}

function wordsOf({ whole = false, least, most, above }: NumberRule): string {
  const noun = whole ? 'a whole number' : 'a number';
  if (above !== undefined) return `${noun} above ${above}`;
  if (least !== undefined && most !== undefined) return `${noun} from ${least} to ${most}`;
  if (least !== undefined) return `${noun} of at least ${least}`;
  return most === undefined ? noun : `${noun} of at most ${most}`;
}

/** Parses a list of numbers that are separated by spaces, commas or semicolons. */
export function readNumbers(
  text: string,
  longest: number,
): { readonly values: readonly number[] } | { readonly problem: string } {
  const words = text.split(/[\s,;]+/).filter(Boolean);
  const values = words.map((word) => Number(word.replaceAll('−', '-')));
  const wrong = words.find((_, i) => !Number.isFinite(values[i]));
  if (wrong !== undefined) return { problem: `expected numbers, got ${wrong}` };
  if (words.length === 0) return { problem: 'expected numbers, got nothing' };
  if (words.length > longest) {
    return { problem: `expected at most ${longest} numbers, got ${words.length}` };
  }
  return { values };
}
