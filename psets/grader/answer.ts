import type { Value } from './pset.ts';

/** What calling a student's function came to. Everything but a value is a failure of the call itself. */
export type Answer =
  | { readonly kind: 'value'; readonly value: Value; readonly mutated: boolean }
  | { readonly kind: 'strange'; readonly what: string }
  | { readonly kind: 'missing' }
  | { readonly kind: 'unwritten' }
  | { readonly kind: 'threw'; readonly message: string };

/** What the empty bodies of a handout throw. */
export const UNWRITTEN = 'not implemented yet';

/** One call that the student's process is asked for. */
export interface Call {
  readonly task: string;
  readonly args: readonly Value[];
}

/** What the student's process says to the grader. */
export type Reply =
  | { readonly kind: 'loaded'; readonly names: readonly string[] }
  | { readonly kind: 'unloadable'; readonly message: string }
  | { readonly kind: 'answers'; readonly answers: readonly Answer[] };
