/** The numbers that a field takes; by default all. */
export interface NumberRule {
  readonly whole?: boolean;
  readonly least?: number;
  readonly most?: number;
  /** A bound that the number must exceed. The bound itself is refused. */
  readonly above?: number;
}

/** A number that a reader typed, or the reason why it is not taken. */
export type Typed = { readonly value: number } | { readonly problem: string };

/** Reads a number that a reader typed, with a minus of any kind, and a point or a comma. */
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

/** Reads a list of numbers with spaces, commas or semicolons between them. */
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
