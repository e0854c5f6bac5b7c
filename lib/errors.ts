import { oneLine, shorten } from './oneLine.ts';

/**
 * The base class of every error that boxprop throws when its caller made a mistake. The message is
 * one line of at most 1000 characters, even for malicious input. It states the place, the expected
 * value and the actual value. Any other error is a bug of boxprop, so the command line also prints
 * where it was thrown.
 *
 *     try { await boxprop.trainStep({ network, cost, optimizer, input, target }); }
 *     catch (error) { if (error instanceof BoxpropError) console.error(error.message); }
 */
export abstract class BoxpropError extends Error {
  /** `'box'` for a `BoxError`, `'input'` for an `InputError`. */
  abstract readonly code: 'box' | 'input';

  constructor(message: string, options?: ErrorOptions) {
    super(oneLine(message), options);
  }
}

/**
 * Reports bad data, a bad file, or a bad option that belongs to no box:
 * `mnist train: example 7: expected a label from 0 to 9, got 12`.
 */
export class InputError extends BoxpropError {
  override readonly name = 'InputError';
  override readonly code = 'input';
}

/**
 * Reports that a box was built or called wrongly. The message starts with the path of the box:
 * `Sequential[2] > Linear.forward: expected input of shape [N, 6], got [4, 3]`.
 */
export class BoxError extends BoxpropError {
  override readonly name = 'BoxError';
  override readonly code = 'box';
  /** The enclosing boxes, outermost first: `['Sequential[2]', 'Linear.forward']`. */
  readonly path: readonly string[];
  /** The message without the path. */
  readonly problem: string;

  constructor(path: readonly string[], problem: string) {
    super(`${path.join(' > ')}: ${problem}`);
    this.path = path;
    this.problem = problem;
  }
}

/**
 * Runs `run`. If it throws a `BoxError`, `place` is put in front of the error's path, unless
 * `place` is empty.
 */
export function withPath<T>(place: string, run: () => T): T {
  if (place === '') return run();
  try {
    return run();
  } catch (error) {
    if (error instanceof BoxError) throw new BoxError([place, ...error.path], error.problem);
    throw error;
  }
}

/** Returns the message of a thrown value, which need not be an Error. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** `show` shortens a text that is longer than this. Paths are rarely longer. */
const LONGEST_TEXT = 200;

/**
 * `show` shortens a list that is longer than the first number, and shows as many elements as the
 * second number.
 */
const [LONGEST_LIST, KEPT] = [16, 10];

/** `show` formats nested lists up to this depth. */
const DEEPEST = 4;

/**
 * Formats a value for an error message: on one line, and short, whatever the value. It states how
 * much of a long text or list it leaves out.
 *
 *     show(['cat', 3]); // '["cat", 3]'
 */
export function show(value: unknown): string {
  return showAt(value, 0);
}

function showAt(value: unknown, depth: number): string {
  if (Array.isArray(value)) {
    if (depth === DEEPEST) return '[...]';
    const kept: readonly unknown[] = value.length > LONGEST_LIST ? value.slice(0, KEPT) : value;
    const rest = kept.length < value.length ? `, ... (${value.length})` : '';
    return `[${kept.map((one) => showAt(one, depth + 1)).join(', ')}${rest}]`;
  }
  if (typeof value === 'string') {
    const rest = value.length > LONGEST_TEXT ? ` (${value.length} characters)` : '';
    return JSON.stringify(shorten(value, LONGEST_TEXT)) + rest;
  }
  if (typeof value === 'function')
    return `function ${shorten(value.name, LONGEST_TEXT) || '(anonymous)'}`;
  if (typeof value === 'object' && value !== null) {
    // An object that was parsed from JSON may have a key `constructor`, whose `name` may be any
    // value.
    const name: unknown = value.constructor?.name;
    return typeof name === 'string' ? shorten(name, LONGEST_TEXT) : 'object';
  }
  return shorten(String(value), LONGEST_TEXT);
}
