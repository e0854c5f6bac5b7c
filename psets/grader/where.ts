import type { Answer } from './answer.ts';
import { stepsOf } from './diagnosis/derived.ts';
import { evidenceOf, within, type Comparison } from './diagnosis/evidence.ts';
import { regionsOf } from './diagnosis/regions.ts';
import { wrongWords } from './diagnosis/words.ts';
import type { Case, ExtremeCase, Pset, Task } from './pset.ts';
import type { Value } from './value.ts';

/** A random case, or an extreme one with its description. */
export type GradedCase = Case & Partial<ExtremeCase>;

/** A student's wrong functions so far: their results for every case. */
export type WrongResults = Map<string, readonly Value[]>;

/**
 * Names the property of the cases and numbers that are wrong in a certain way, if there is one.
 *
 * @param is which numbers of a case are wrong in this way.
 */
export function whereOnly(
  pset: Pset,
  task: Task,
  comparisons: readonly Comparison[],
  is: (comparison: Comparison) => readonly boolean[],
): string {
  const evidence = evidenceOf(comparisons).map((one, k) => ({ ...one, wrong: is(comparisons[k]) }));
  const words = wrongWords(task, evidence);
  const inside = words === undefined ? evidence : within(evidence, words.holds);
  const [region] = regionsOf(pset, task, inside);
  const suffix = words === undefined ? '' : `, for ${words.phrase}`;
  return region === undefined ? suffix : `${suffix}, only ${region.phrase}`;
}

/**
 * Says for which arguments a function throws, if it does not always throw.
 *
 * @param at the first case in which it throws.
 */
export function whereThrown(
  pset: Pset,
  task: Task,
  cases: readonly GradedCase[],
  answers: readonly Answer[],
  at: number,
): string {
  const { extreme } = cases[at];
  if (extreme !== undefined) return `, for ${extreme}`;
  const comparisons = cases
    .filter((item) => item.extreme === undefined)
    .map((item) => ({ item, expected: 0, got: 0 }));
  return whereOnly(pset, task, comparisons, ({ item }) => [
    answers[cases.indexOf(item)].kind !== 'value',
  ]);
}

/** Names the wrong functions of the student on which a function may depend. */
export function usedWrong(pset: Pset, task: Task, { args }: Case, wrong: WrongResults): string {
  const names = [...new Set(stepsOf(pset, task, args).uses)].filter((name) => wrong.has(name));
  return names.length === 0
    ? ''
    : `; if it calls your ${names.join(' and ')}, this may follow from the mistake there`;
}
