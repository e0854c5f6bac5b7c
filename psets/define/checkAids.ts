import { InputError, messageOf, show } from '../../lib/errors.ts';
import type { Derivation, Trace } from '../grader/derivation.ts';
import { applied, argumentsOf, type Case, type Pset, type Value } from '../grader/pset.ts';
import { agree, format } from '../grader/values.ts';

/** Returns every step as it is given, so a derivation computes what it derives. */
const WITHOUT_MISTAKE: Trace = {
  step: (_, value) => value,
  term: (_, value) => value,
  parts: (_, value) => value,
  result: (_, value) => value,
};

/**
 * Checks the optional parts by which the grader names mistakes: derivations, quantities, and
 * properties.
 *
 * Errors: a part of a function that does not exist; one that throws for a case; a derivation with
 *         other values than the reference; a quantity that is no number; a property that is neither
 *         true nor false.
 */
export function checkAids(pset: Pset, cases: readonly Case[]): void {
  const { name: set, derivations = {}, quantities = {}, properties = [] } = pset;
  for (const [name, derivation] of Object.entries(derivations)) {
    const place = `${set}: derivations.${name}`;
    checkTaskName(place, name, pset);
    checkDerivation(place, name, derivation, pset, cases);
  }
  for (const [name, quantity] of Object.entries(quantities)) {
    forCases(`${set}: quantities[${show(name)}]`, quantity, cases, (value) =>
      typeof value === 'number' ? undefined : 'a number',
    );
  }
  for (const [k, { phrase, tasks = [], holds }] of properties.entries()) {
    const place = `${set}: properties[${k}]`;
    if (typeof phrase !== 'string' || phrase.trim() === '') {
      throw new InputError(
        `${place}.phrase: expected words such as "for even kernels", got ${show(phrase)}`,
      );
    }
    for (const name of tasks) checkTaskName(`${place}.tasks`, name, pset);
    forCases(`${place}.holds`, holds, cases, (value) => {
      const all: readonly unknown[] = Array.isArray(value) ? value : [value];
      return all.every((one) => typeof one === 'boolean')
        ? undefined
        : 'true, false, or a list of them';
    });
  }
}

function checkTaskName(place: string, name: string, { tasks }: Pset): void {
  if (tasks.some((task) => task.name === name)) return;
  throw new InputError(
    `${place}: expected one of ${tasks.map((task) => task.name).join(', ')}, got ${show(name)}`,
  );
}

function checkDerivation(
  place: string,
  name: string,
  derivation: Derivation,
  pset: Pset,
  cases: readonly Case[],
): void {
  const task = pset.tasks.find((one) => one.name === name);
  if (task === undefined) return;
  for (const [k, { args }] of cases.entries()) {
    const given = argumentsOf(task, args);
    const derived = called<Value>(place, k, () =>
      Reflect.apply<undefined, [Trace, ...Value[]], Value>(
        derivation as (trace: Trace, ...all: Value[]) => Value,
        undefined,
        [WITHOUT_MISTAKE, ...given],
      ),
    );
    const expected = applied(pset.solution[name], given);
    if (agree(derived, expected)) continue;
    throw new InputError(
      `${place}: expected the values of the reference, ${format(expected)}, for case ${k}, got ${format(derived)}`,
    );
  }
}

function forCases(
  place: string,
  call: (args: Case['args']) => unknown,
  cases: readonly Case[],
  missing: (value: unknown) => string | undefined,
): void {
  if (typeof call !== 'function')
    throw new InputError(`${place}: expected a function of the arguments, got ${show(call)}`);
  for (const [k, { args }] of cases.entries()) {
    const value = called(place, k, () => call(args));
    const expected = missing(value);
    if (expected !== undefined)
      throw new InputError(`${place}: expected ${expected} for case ${k}, got ${show(value)}`);
  }
}

/** Calls a function of the set for case k. */
function called<T>(place: string, k: number, call: () => T): T {
  try {
    return call();
  } catch (error) {
    throw new InputError(
      `${place}: expected a value for case ${k}, got an error: ${messageOf(error)}`,
      { cause: error },
    );
  }
}
