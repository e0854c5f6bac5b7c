import type { Rng } from '../../lib/rng.ts';

/** A value that the grader exchanges with the student's file: numbers, lists of them, and words. */
export type Value =
  number | string | boolean | readonly Value[] | { readonly [name: string]: Value };

/** The arguments of a case by name, in the order of the forward's parameters. */
export type Args = { readonly [name: string]: Value };

/** A function of a problem set, as the reference or a known mistake computes it. */
export type Solve = (...args: never[]) => Value;

/** A parameter of a function. */
export interface Parameter {
  readonly name: string;
  /** In TypeScript, such as `number[]`. */
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
   * The task and argument of which this function is the gradient. Its first parameter is
   * ∂C/∂(output), unless that task is a cost.
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
  /** Whether finite differences are valid: false where the function has a kink. */
  readonly smooth: boolean;
}

/** A known mistake, which is recognized by the values that a solution with it computes. */
export interface Mistake {
  readonly task: string;
  /** The mistake in one line. */
  readonly message: string;
  /** Computes what a solution with this mistake computes. */
  readonly solve: Solve;
}

/** A problem set. */
export interface Pset {
  readonly name: string;
  readonly title: string;
  readonly tasks: readonly Task[];
  /** The reference solution: one function per task. */
  readonly solution: { readonly [task: string]: Solve };
  /** The specific mistakes before the general ones. */
  readonly mistakes: readonly Mistake[];
  /**
   * Case k of a series that starts small, with the arguments of all tasks, `gradOutput` included.
   */
  draw(rng: Rng, k: number): Case;
}

/** The arguments of a task, in the order of its parameters. */
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

/** Draws short decimals that are easy to read: one digit after the point, and never 0. */
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
