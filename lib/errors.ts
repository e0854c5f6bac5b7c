/**
 * What boxprop throws when its caller is wrong. Both are one line: what was expected and what came.
 * Anything else that is thrown is a bug of boxprop, and a command line shows its stack.
 */

/** Bad data, files or options that belong to no box. */
export class InputError extends Error {
  override readonly name: string = 'InputError';
}

/**
 * A box was built or called wrongly. The message starts with the path of the box:
 * `Sequential[2] > Linear.forward: expected input of shape [N, 6], got [4, 3]`.
 */
export class BoxError extends InputError {
  override readonly name = 'BoxError';
  /** The boxes around the one that complains, outermost first: `['Sequential[2]', 'Linear.forward']`. */
  readonly path: readonly string[];
  readonly problem: string;

  constructor(path: readonly string[], problem: string) {
    super(`${path.join(' > ')}: ${problem}`);
    this.path = path;
    this.problem = problem;
  }
}

/** Runs a child of a container; what goes wrong inside names `place`, the container's slot, before the child. */
export function withPath<T>(place: string, run: () => T): T {
  try {
    return run();
  } catch (error) {
    if (error instanceof BoxError) throw new BoxError([place, ...error.path], error.problem);
    throw error;
  }
}

/** A value as an error message shows it: short, and on one line. */
export function show(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(show).join(', ')}]`;
  if (typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'function') return `function ${value.name || '(anonymous)'}`;
  if (typeof value === 'object' && value !== null) return value.constructor?.name ?? 'object';
  return String(value);
}
