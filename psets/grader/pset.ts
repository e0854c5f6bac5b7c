import type { Rng } from '../../lib/rng.ts';

/** What goes between the student's file and the grader: numbers, lists of them, and words. */
export type Value =
  number | string | boolean | readonly Value[] | { readonly [name: string]: Value };

/** The arguments of a case by name, in the order of the forward's parameters. */
export type Args = { readonly [name: string]: Value };

/** A function of a problem set, as the reference and as each known mistake has it. */
export type Solve = (...args: never[]) => Value;

export interface Parameter {
  readonly name: string;
  /** As TypeScript, such as `number[]`. */
  readonly type: string;
  readonly doc: string;
}

/** A function that the student writes. */
export interface Task {
  readonly name: string;
  readonly parameters: readonly Parameter[];
  readonly returns: Omit<Parameter, 'name'>;
  readonly doc: string;
  /** Of which function's which argument it is the gradient; it takes ∂C/∂(output) first, unless that is a cost. */
  readonly gradientOf?: {
    readonly task: string;
    readonly argument: string;
    readonly cost?: boolean;
  };
  readonly points: number;
}

export interface Case {
  readonly args: Args;
  /** Whether finite differences tell the truth: not where the function has a kink. */
  readonly smooth: boolean;
}

/** A mistake that is recognized by its numbers: what it would give in place of the reference. */
export interface Mistake {
  readonly task: string;
  /** One line: what is wrong. */
  readonly message: string;
  readonly gives: Solve;
}

export interface Pset {
  readonly name: string;
  readonly title: string;
  readonly tasks: readonly Task[];
  /** The reference solution, a function a task. */
  readonly solution: { readonly [task: string]: Solve };
  /** More specific ones first. */
  readonly mistakes: readonly Mistake[];
  /** Case k of a series that starts small; `gradOutput` is among the arguments where a task takes it. */
  draw(rng: Rng, k: number): Case;
}

/** The arguments of a task, out of those of a case. */
export function argumentsOf({ parameters }: Task, args: Args): Value[] {
  return parameters.map(({ name }) => args[name]);
}

export function applied(solve: Solve, args: readonly Value[]): Value {
  return Reflect.apply<undefined, readonly Value[], Value>(
    solve as (...all: Value[]) => Value,
    undefined,
    args,
  );
}

/** Short decimals, to be read by people: one digit after the point, none of them 0. */
export function decimals(rng: Rng, length: number): number[] {
  return Array.from({ length }, () => {
    const tenths = 1 + rng.integer(25);
    return (rng.integer(2) === 0 ? -tenths : tenths) / 10;
  });
}

export function decimalRows(rng: Rng, rows: number, columns: number): number[][] {
  return Array.from({ length: rows }, () => decimals(rng, columns));
}
