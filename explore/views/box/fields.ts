import type { OptionDoc } from '../../plugins/boxDoc.ts';
import type { Argument } from '../../engine/boxes.ts';

/** How a reader enters an argument: as a choice, with a checkbox, or as text. */
export type Entry =
  | { readonly kind: 'choice'; readonly choices: readonly string[] }
  | { readonly kind: 'tick'; readonly byDefault: boolean }
  | { readonly kind: 'text' };

/** The types that have only a few possible values, which are words. */
const CHOICES: Readonly<Record<string, readonly string[]>> = {
  Padding: ['valid', 'same', '1', '2', '[1, 0]', '[0, 1]'],
  Padding1D: ['valid', 'same', '1', '2'],
  PaddingMode: ['zeros', 'reflect', 'replicate', 'circular'],
  Reduction: ['mean', 'sum'],
  'keyof typeof MERGES': ['concat', 'sum', 'product', 'max'],
};

/**
 * Arguments that a form cannot ask for: functions, generators, and the boxes inside a container.
 */
const HIDDEN = new Set(
  'init rng h hPrime options boxes body shortcut inputs nodes outputs'.split(' '),
);

/** Returns whether a form can ask for an argument. */
export function isShown({ name }: OptionDoc): boolean {
  return !HIDDEN.has(name);
}

/** Returns how a reader enters an argument of this type. */
export function entryOf({ type, doc }: OptionDoc): Entry {
  if (type === 'boolean') return { kind: 'tick', byDefault: /\btrue by default/.test(doc) };
  const words = type.split('|').map((word) => word.trim());
  if (words.every((word) => /^'.*'$/.test(word))) {
    return { kind: 'choice', choices: words.map((word) => word.slice(1, -1)) };
  }
  const choices = Object.hasOwn(CHOICES, type) ? CHOICES[type] : undefined;
  return choices ? { kind: 'choice', choices } : { kind: 'text' };
}

/** Formats an argument in the form in which a reader types it. */
export function argumentText(value: Argument | undefined): string {
  if (value === undefined) return '';
  if (typeof value !== 'object') return String(value);
  const plain = value.every((item) => typeof item !== 'object');
  return plain ? value.join(', ') : JSON.stringify(value).replaceAll(',', ', ');
}

/** Returns whether a value from JSON can be an argument. A null or 1e400 cannot. */
export function isArgument(value: unknown): value is Argument {
  if (Array.isArray(value)) return value.every(isArgument);
  return typeof value === 'number' ? Number.isFinite(value) : /boolean|string/.test(typeof value);
}

/**
 * Parses an argument: a number, a list of numbers with or without brackets, or a word. Returns
 * undefined for an empty text.
 */
export function parseArgument(text: string): Argument | undefined {
  const trimmed = text.trim().replaceAll('−', '-');
  if (trimmed === '') return undefined;
  for (const json of [trimmed, `[${trimmed.split(/[\s,]+/).join(',')}]`]) {
    try {
      const value: unknown = JSON.parse(json);
      if (isArgument(value)) return value;
    } catch {
      // The text is not JSON, so it may be a list without brackets, or a word.
    }
  }
  return trimmed;
}
