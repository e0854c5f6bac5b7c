import type { Rng } from '../../lib/rng.ts';

/**
 * A value that the grader exchanges with the student's file: a number, a string, a boolean, or a
 * list or record of such values.
 */
export type Value =
  number | string | boolean | readonly Value[] | { readonly [name: string]: Value };

/** The arguments of all tasks of a case, by name. */
export type Args = { readonly [name: string]: Value };

/** An implementation of a function of a problem set, which is correct or has a known mistake. */
export type Solve = (...args: never[]) => Value;

/** A parameter of a function. */
export interface Parameter {
  readonly name: string;
  /** The TypeScript type, such as `number[]`. */
  readonly type: string;
  readonly doc: string;
}

/** A function that the student writes. */
export interface Task {
  readonly name: string;
  readonly parameters: readonly Parameter[];
  readonly returns: Omit<Parameter, 'name'>;
  readonly doc: string;
  /**
   * Is set if this function computes a gradient. It names the task that is differentiated, and the
   * argument with respect to which it is differentiated. The first parameter of this function is
   * then ∂C/∂(output of that task), unless that task is a cost.
   */
  readonly gradientOf?: {
    readonly task: string;
    readonly argument: string;
    readonly cost?: boolean;
  };
  readonly points: number;
}

/** One set of arguments. */
export interface Case {
  readonly args: Args;
  /**
   * Whether finite differences are valid for these arguments. False if the function has a kink
   * there.
   */
  readonly smooth: boolean;
}

/** A known mistake. A solution has the mistake if it computes the same values as `solve`. */
export interface Mistake {
  readonly task: string;
  /** A description of the mistake on one line. */
  readonly message: string;
  /** The function with this mistake. */
  readonly solve: Solve;
}

/** A problem set. */
export interface Pset {
  readonly name: string;
  readonly title: string;
  readonly tasks: readonly Task[];
  /** The reference solution: one function per task. */
  readonly solution: { readonly [task: string]: Solve };
  /** The known mistakes. Specific mistakes come before general ones. */
  readonly mistakes: readonly Mistake[];
  /**
   * Draws case k of a series that starts with small cases. The case has the arguments of all tasks,
   * including `gradOutput`.
   */
  draw(rng: Rng, k: number): Case;
}

/** Returns the arguments of a task, in the order of its parameters. */
export function argumentsOf({ parameters }: Task, args: Args): Value[] {
  return parameters.map(({ name }) => args[name]);
}

/** Calls a function with a list of arguments. */
export function applied(solve: Solve, args: readonly Value[]): Value {
  return Reflect.apply<undefined, readonly Value[], Value>(
    solve as (...all: Value[]) => Value,
    undefined,
    args,
  );
}

/**
 * Draws short decimal numbers that are easy to read. They have one digit after the decimal point,
 * and are never 0.
 */
export function decimals(rng: Rng, length: number): number[] {
  return Array.from({ length }, () => {
    const tenths = 1 + rng.integer(25);
    return (rng.integer(2) === 0 ? -tenths : tenths) / 10;
  });
}

/** Draws rows of `decimals`. */
export function decimalRows(rng: Rng, rows: number, columns: number): number[][] {
  return Array.from({ length: rows }, () => decimals(rng, columns));
}
