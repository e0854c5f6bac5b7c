import { InputError, messageOf, show } from '../../lib/errors.ts';
import { applied, argumentsOf, type Case, type Pset, type Value } from '../grader/pset.ts';
import { referenceOf } from '../grader/reference.ts';
import { agree } from '../grader/values.ts';

/**
 * Checks that the grader can name each known mistake.
 *
 * Errors: a mistake of no task; a message that is missing or has several lines; a function that
 *         throws; one that computes the same values as the reference, or as a mistake with another
 *         message that comes before it.
 */
export function checkMistakes(pset: Pset, cases: readonly Case[]): void {
  const { name: set, tasks, mistakes } = pset;
  if (!Array.isArray(mistakes))
    throw new InputError(`${set}: mistakes: expected a list, got ${show(mistakes)}`);
  const earlier: { place: string; message: string; task: string; values: Value[] }[] = [];
  for (const [k, mistake] of pset.mistakes.entries()) {
    const place = `${set}: mistakes[${k}]`;
    const task = tasks.find(({ name }) => name === mistake.task);
    if (task === undefined) {
      throw new InputError(
        `${place}.task: expected one of ${tasks.map(({ name }) => name).join(', ')}, got ${show(mistake.task)}`,
      );
    }
    const { message, solve } = mistake;
    if (typeof message !== 'string' || message.trim() === '' || /[\r\n]/.test(message))
      throw new InputError(`${place}.message: expected one line, got ${show(message)}`);
    if (typeof solve !== 'function')
      throw new InputError(`${place}.solve: expected a function, got ${show(solve)}`);
    const values = cases.map(({ args }, i) => {
      try {
        return applied(solve, argumentsOf(task, structuredClone(args)));
      } catch (error) {
        throw new InputError(
          `${place}.solve: expected a value for case ${i}, got an error: ${messageOf(error)}`,
          { cause: error },
        );
      }
    });
    const right = cases.map(({ args }) => referenceOf(pset, task, args));
    if (allAgree(values, right)) {
      throw new InputError(
        `${place}.solve: expected other values than those of the reference, got the same in all ${cases.length} cases: ${show(message)}`,
      );
    }
    const hidden = earlier.find(
      (one) => one.task === task.name && one.message !== message && allAgree(values, one.values),
    );
    if (hidden !== undefined) {
      throw new InputError(
        `${place}.solve: expected other values than those of ${hidden.place.slice(set.length + 2)}, ${show(hidden.message)}, which hides it, got the same in all ${cases.length} cases`,
      );
    }
    earlier.push({ place, message, task: task.name, values });
  }
}

const allAgree = (a: readonly Value[], b: readonly Value[]): boolean =>
  a.every((value, k) => agree(value, b[k]));
