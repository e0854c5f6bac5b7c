import { InputError } from '../../lib/errors.ts';
import { nudged } from '../grader/ownForward.ts';
import type { Case, Pset, Task } from '../grader/pset.ts';
import { referenceOf } from '../grader/reference.ts';
import { close, flatten, shapeOf } from '../grader/values.ts';

/** The step of the central differences. */
const STEP = 1e-5;

/**
 * Checks each gradient of the reference against central differences of the function that it
 * differentiates, in every case that is smooth.
 *
 * Errors: a gradient without a smooth case; one with another shape than its argument; one that
 *         differs from the differences.
 */
export function checkGradients(pset: Pset, cases: readonly Case[]): void {
  for (const task of pset.tasks) {
    if (task.gradientOf === undefined) continue;
    const { task: of, argument } = task.gradientOf;
    const forward = pset.tasks.find(({ name }) => name === of);
    if (forward === undefined) continue;
    const place = `${pset.name}: solution.${task.name}`;
    if (!cases.some(({ smooth }) => smooth)) {
      throw new InputError(
        `${pset.name}: draw: expected smooth cases, because ${task.name} is checked by finite differences, got none in ${cases.length}`,
      );
    }
    for (const [k, { args, smooth }] of cases.entries()) {
      const gradient = referenceOf(pset, task, args);
      if (shapeOf(gradient) !== shapeOf(args[argument])) {
        throw new InputError(
          `${place}: expected the shape of ${argument}, ${shapeOf(args[argument])}, for case ${k}, got ${shapeOf(gradient)}`,
        );
      }
      if (!smooth) continue;
      const numeric = differences(pset, task, forward, args, argument);
      const values = flatten(gradient);
      if (close(values, numeric, 1e-6)) continue;
      const errors = values.map((value, i) => Math.abs(value - numeric[i]));
      const at = errors.indexOf(Math.max(...errors));
      throw new InputError(
        `${place}: expected ${digits(numeric[at])}, the difference quotient of ${of} by number ${at} of ${argument} in case ${k}, got ${digits(values[at])}; ` +
          'correct the gradient, or let draw return smooth: false where the function has a kink',
      );
    }
  }
}

function differences(
  pset: Pset,
  task: Task,
  forward: Task,
  args: Case['args'],
  argument: string,
): number[] {
  const output = (i: number, by: number) => {
    const moved = { ...args, [argument]: nudged(args[argument], i, by) };
    return flatten(referenceOf(pset, forward, moved));
  };
  const weights = task.gradientOf?.cost === true ? [1] : flatten(args[task.parameters[0].name]);
  return flatten(args[argument]).map((_, i) => {
    const [up, down] = [output(i, STEP), output(i, -STEP)];
    return up.reduce((sum, v, j) => sum + weights[j] * (v - down[j]), 0) / (2 * STEP);
  });
}

const digits = (value: number) => String(Number(value.toPrecision(6)));
