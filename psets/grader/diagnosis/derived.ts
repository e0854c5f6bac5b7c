import type { Derivation, Trace } from '../derivation.ts';
import { argumentsOf, type Args, type Pset, type Task } from '../pset.ts';
import type { Value } from '../value.ts';
import { flatten } from '../values.ts';
import type { Others, Role } from './distortion.ts';

/** The name of the last step of every derivation. */
export const RESULT = 'the result';

/** Returns the changed value of a step. Undefined means that the step cannot have this mistake. */
export type Change = (name: string, value: Value, others: Others) => Value | undefined;

/** The steps of a function for the arguments of one case. */
export interface Steps {
  readonly values: ReadonlyMap<string, Value>;
  readonly roles: ReadonlyMap<string, Role>;
  /** The names of the alternatives to each step. */
  readonly others: ReadonlyMap<string, readonly string[]>;
  /** The functions of the problem set whose results this function uses. */
  readonly uses: readonly string[];
}

/** Is thrown inside of a derivation if a step cannot have a mistake. */
class Impossible extends Error {}

/**
 * Makes a trace that reports each step and replaces its value.
 *
 * @param replace gets the role, name and value of a step, and its alternatives.
 */
function tracing(
  replace: (role: Role | 'use', name: string, value: Value, others: Others) => Value,
): Trace {
  // A replacement has the shape of the value, or the result differs from that of the student.
  const visit = <T extends Value>(
    role: Role | 'use',
    name: string,
    value: T,
    others: Others = {},
  ): T => replace(role, name, value, others) as T;
  return {
    step: (name, value, others) => visit('step', name, value, others),
    term: (name, value) => visit('term', name, value),
    parts: (name, value) => visit('parts', name, value),
    result: (task, value) => visit('use', task, value),
  };
}

function derivationOf({ derivations = {}, solution }: Pset, { name }: Task): Derivation {
  if (name in derivations) return derivations[name];
  return (_: Trace, ...args: never[]) => solution[name](...args);
}

function run(derivation: Derivation, trace: Trace, args: readonly Value[]): Value {
  return Reflect.apply<undefined, readonly [Trace, ...Value[]], Value>(
    derivation as (trace: Trace, ...args: Value[]) => Value,
    undefined,
    [trace, ...args],
  );
}

/** Computes a function and lists its steps: its arguments, those of its derivation, its result. */
export function stepsOf(pset: Pset, task: Task, args: Args): Steps {
  const values = new Map<string, Value>();
  const roles = new Map<string, Role>();
  const others = new Map<string, readonly string[]>();
  const uses: string[] = [];
  for (const { name } of task.parameters) {
    values.set(name, args[name]);
    roles.set(name, 'argument');
  }
  const trace = tracing((role, name, value, alternatives) => {
    if (role === 'use') {
      uses.push(name);
      return value;
    }
    values.set(name, value);
    roles.set(name, role);
    others.set(name, Object.keys(alternatives));
    return value;
  });
  const result = run(derivationOf(pset, task), trace, argumentsOf(task, args));
  values.set(RESULT, result);
  roles.set(RESULT, 'result');
  return { values, roles, others, uses };
}

/**
 * Computes a function with changed steps. Returns undefined if a step cannot be changed in this
 * way, or if the function then throws. A function without a derivation is called as it is, so an
 * argument that may be a size or a stride stays a positive integer: with a stride of 0, a loop
 * would not end.
 */
export function withChange(
  pset: Pset,
  task: Task,
  args: Args,
  change: Change,
): readonly number[] | undefined {
  const changed = (name: string, value: Value, others: Others = {}): Value => {
    const made = change(name, value, others);
    if (made === undefined) throw new Impossible();
    return made;
  };
  try {
    const given = task.parameters.map(({ name }) => changed(name, args[name]));
    const broken = task.parameters.some(({ name }, k) => isCount(args[name]) && !isCount(given[k]));
    if (broken && !(task.name in (pset.derivations ?? {}))) return undefined;
    const trace = tracing((role, name, value, others) =>
      role === 'use' ? value : changed(name, value, others),
    );
    return flatten(changed(RESULT, run(derivationOf(pset, task), trace, given)));
  } catch {
    return undefined;
  }
}

function isCount(value: Value): boolean {
  return Number.isInteger(value) && Number(value) > 0;
}

/**
 * Computes a function with results of other functions in the place of its own. A result that
 * `answers` does not hold stays.
 */
export function withResults(
  pset: Pset,
  task: Task,
  args: Args,
  answers: ReadonlyMap<string, Value>,
): Value | undefined {
  try {
    const trace = tracing((role, name, value) =>
      role === 'use' ? (answers.get(name) ?? value) : value,
    );
    return run(derivationOf(pset, task), trace, argumentsOf(task, args));
  } catch {
    return undefined;
  }
}
