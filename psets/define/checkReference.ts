import { InputError, messageOf, show } from '../../lib/errors.ts';
import { applied, argumentsOf, type Case, type Pset } from '../grader/pset.ts';

/**
 * Checks that each function of the reference returns finite numbers and leaves its arguments alone.
 *
 * Errors: a function that is missing, throws, returns something else, or changes an argument.
 */
export function checkReference(pset: Pset, cases: readonly Case[]): void {
  for (const task of pset.tasks) {
    const place = `${pset.name}: solution.${task.name}`;
    const solve = pset.solution[task.name];
    if (typeof solve !== 'function')
      throw new InputError(`${place}: expected a function, got ${show(solve)}`);
    for (const [k, { args }] of cases.entries()) {
      const given = argumentsOf(task, structuredClone(args));
      const before = JSON.stringify(given);
      let value: unknown;
      try {
        value = applied(solve, given);
      } catch (error) {
        throw new InputError(
          `${place}: expected a value for case ${k}, got an error: ${messageOf(error)}`,
          { cause: error },
        );
      }
      if (!isFiniteValue(value)) {
        throw new InputError(
          `${place}: expected finite numbers or lists of them for case ${k}, got ${show(value)}`,
        );
      }
      if (JSON.stringify(given) !== before) {
        throw new InputError(
          `${place}: expected that no argument changes, got another value of ${changed(task.parameters, given, before)} after case ${k}`,
        );
      }
    }
  }
}

function isFiniteValue(value: unknown): boolean {
  if (typeof value === 'number') return Number.isFinite(value);
  return typeof value === 'object' && value !== null && Object.values(value).every(isFiniteValue);
}

/** Names the first parameter whose value has changed. */
function changed(
  parameters: readonly { readonly name: string }[],
  now: readonly unknown[],
  before: string,
): string {
  const old = JSON.parse(before) as readonly unknown[];
  return parameters[now.findIndex((value, k) => JSON.stringify(value) !== JSON.stringify(old[k]))]
    .name;
}
