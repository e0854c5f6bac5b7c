import { argumentsOf, type Args, type Case, type Pset, type Task } from './pset.ts';
import type { Comparison } from './diagnosis/evidence.ts';
import { mapNumbers } from './diagnosis/mapNumbers.ts';
import { referenceOf } from './reference.ts';
import { isAnswers } from './answer.ts';
import type { Submission } from './student.ts';
import { close, flatten } from './values.ts';

/**
 * The number of smooth cases that are compared with finite differences. Each case needs two calls
 * per number in the argument.
 */
const DIFFERENCE_CASES = 4;

/**
 * Returns whether a function is the gradient of the student's own forward function, which is wrong.
 * The gradient must agree with finite differences.
 */
export async function isGradientOfOwnForward(
  pset: Pset,
  task: Task,
  student: Submission,
  comparisons: readonly Comparison[],
): Promise<boolean> {
  const forward = pset.tasks.find(({ name }) => name === task.gradientOf?.task);
  if (forward === undefined || task.gradientOf === undefined) return false;
  const { argument, cost = false } = task.gradientOf;
  const calls = comparisons.map(({ item }) => ({
    task: forward.name,
    args: argumentsOf(forward, item.args),
  }));
  const outputs = await student.ask(calls);
  if (!isAnswers(outputs)) return false;
  const right = outputs.every(
    (answer, k) =>
      answer.kind === 'value' &&
      close(flatten(answer.value), flatten(referenceOf(pset, forward, comparisons[k].item.args))),
  );
  // If the student's forward function is correct, its gradient is that of the reference.
  if (right) return false;
  const smooth = comparisons.filter(({ item }) => item.smooth).slice(0, DIFFERENCE_CASES);
  // A forward function that ignores the argument has the gradient 0. That gradient needs no work,
  // so it does not pass.
  let depends = false;
  for (const { item, got } of smooth) {
    const weights = cost ? [1] : flatten(item.args[task.parameters[0].name]);
    const numeric = await numericGradient(forward, student, item, argument, weights);
    if (numeric === undefined || !close(flatten(got), numeric, 1e-6)) return false;
    depends ||= numeric.some((value) => value !== 0);
  }
  return depends;
}

/**
 * Computes the gradient of the sum of the student's outputs, each multiplied by its weight, by
 * central differences. Returns undefined if the student's process failed.
 */
async function numericGradient(
  forward: Task,
  student: Submission,
  { args }: Case,
  argument: string,
  weights: readonly number[],
): Promise<number[] | undefined> {
  const step = 1e-5;
  const size = flatten(args[argument]).length;
  const calls = Array.from({ length: 2 * size }, (_, k) => {
    const moved: Args = {
      ...args,
      [argument]: nudged(args[argument], k >> 1, k % 2 === 0 ? step : -step),
    };
    return { task: forward.name, args: argumentsOf(forward, moved) };
  });
  const answers = await student.ask(calls);
  if (!isAnswers(answers)) return undefined;
  const sums = answers.map((answer) => {
    const values = answer.kind === 'value' ? flatten(answer.value) : [];
    return values.length === weights.length
      ? values.reduce((sum, value, i) => sum + value * weights[i], 0)
      : NaN;
  });
  return Array.from({ length: size }, (_, i) => (sums[2 * i] - sums[2 * i + 1]) / (2 * step));
}

/** Returns a copy of a value in which the number with index `at` is increased by `by`. */
export function nudged(value: Args[string], at: number, by: number): Args[string] {
  return mapNumbers(value, (number, i) => (i === at ? number + by : number));
}
