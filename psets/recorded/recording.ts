/** The result of a recorded call: a value, or the message of an error. */
export type Outcome = { readonly value: unknown } | { readonly error: string };

/** The results of one function, by `callKey`. */
export type Calls = { readonly [key: string]: Outcome };

/**
 * A problem set without its functions. It consists of the values that the functions have for the
 * cases of one seed. It can be given to students, because it contains no reference solution.
 */
export interface Recording {
  /** The seed of the cases. */
  readonly seed: number;
  /**
   * The problem set, in which `{ call: k }` stands for a function whose results are `functions[k]`.
   */
  readonly pset: unknown;
  readonly functions: readonly Calls[];
  /** For each function of the problem set, the others whose results it uses. */
  readonly uses: { readonly [task: string]: readonly string[] };
}
