import type { Value } from './pset.ts';

/**
 * The result of a call of a student's function. Every kind except `value` is a failure of the call.
 */
export type Answer =
  | { readonly kind: 'value'; readonly value: Value; readonly mutated: boolean }
  | { readonly kind: 'invalid'; readonly description: string }
  | { readonly kind: 'missing' }
  | { readonly kind: 'notImplemented' }
  | { readonly kind: 'threw'; readonly message: string };

/** The message of the error that the empty functions of a handout throw. */
export const NOT_IMPLEMENTED = 'not implemented yet';

/** One call that the grader requests from the student's process. */
export interface Call {
  readonly task: string;
  readonly args: readonly Value[];
}

/** A message from the student's process to the grader. */
export type Reply =
  | { readonly kind: 'loaded' }
  | { readonly kind: 'unloadable'; readonly message: string }
  | { readonly kind: 'answers'; readonly answers: readonly Answer[] };
