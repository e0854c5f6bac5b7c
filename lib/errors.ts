/**
 * The base class of every error that boxprop throws when its caller made a mistake. The message is
 * one line: where, what was expected, and what came. Any other error is a bug of boxprop, so a
 * command line shows its stack.
 *
 *     try { await boxprop.trainStep({ network, cost, optimizer, input, target }); }
 *     catch (error) { if (error instanceof BoxpropError) console.error(error.message); }
 */
export abstract class BoxpropError extends Error {
  /** `'box'` for a `BoxError`, `'input'` for an `InputError`. */
  abstract readonly code: 'box' | 'input';
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

/** Runs a child of a container. The path of a `BoxError` from inside gets `place` in front. */
export function withPath<T>(place: string, run: () => T): T {
  try {
    return run();
  } catch (error) {
    if (error instanceof BoxError) throw new BoxError([place, ...error.path], error.problem);
    throw error;
  }
}

/** Formats a value for an error message: short, and on one line. */
export function show(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(show).join(', ')}]`;
  if (typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'function') return `function ${value.name || '(anonymous)'}`;
  if (typeof value === 'object' && value !== null) return value.constructor?.name ?? 'object';
  return String(value);
}
