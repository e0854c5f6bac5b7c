import type { Rng } from '../../lib/rng.ts';
import type { Derivation } from './derivation.ts';
import type { Value } from './value.ts';

export type { Value };

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

/** Arguments that are legal and extreme. */
export interface ExtremeCase extends Case {
  /** The name of these arguments, such as "scores that are far apart". */
  readonly extreme: string;
}

/**
 * A property of a case, or of single numbers of a result. If a function is wrong only where the
 * property holds, the grader says so.
 */
export interface Property {
  /** The name of the property, as it follows "only", such as "for even kernels". */
  readonly phrase: string;
  /** The functions to which the property applies; by default all of them. */
  readonly tasks?: readonly string[];
  /** Whether a case has the property, or each number of the flattened result. */
  readonly holds: (args: Args) => boolean | readonly boolean[];
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
  /** The name in commands and file names, such as `batch-norm`. */
  readonly name: string;
  /** The title of the statement. */
  readonly title: string;
  /** The functions that the student writes, in order. */
  readonly tasks: readonly Task[];
  /** The reference solution: one function per task. */
  readonly solution: { readonly [task: string]: Solve };
  /** The known mistakes. Specific mistakes come before general ones. */
  readonly mistakes: readonly Mistake[];
  /** The functions in named steps. With them, the grader names a mistake by its step. */
  readonly derivations?: { readonly [task: string]: Derivation };
  /**
   * Numbers of a case, by name, such as the deviation σ. The grader names a wrong factor by them.
   * Arguments that are numbers, and the lengths of lists, need not be repeated here.
   */
  readonly quantities?: { readonly [name: string]: (args: Args) => number };
  /** Properties of cases and of single numbers, beside those that every problem set has. */
  readonly properties?: readonly Property[];
  /** Legal extreme arguments, for which every function must be right too. */
  readonly extremes?: readonly ExtremeCase[];
  /**
   * Is set if the functions only have the values that were recorded for the cases of this seed.
   * Such a problem set contains no reference solution.
   */
  readonly recordedSeed?: number;
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
