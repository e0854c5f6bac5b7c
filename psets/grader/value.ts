/**
 * A value that the grader exchanges with the student's file: a number, a string, a boolean, or a
 * list or record of such values.
 */
export type Value =
  number | string | boolean | readonly Value[] | { readonly [name: string]: Value };
