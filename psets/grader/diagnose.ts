import { explainByAddend } from './diagnosis/addend.ts';
import { explainCancelled } from './diagnosis/cancelled.ts';
import { explainByExchange } from './diagnosis/exchanged.ts';
import { explainByOtherFunction } from './diagnosis/otherFunction.ts';
import { explainByStep, explainByTwoSteps } from './diagnosis/distortions.ts';
import {
  evidenceOf,
  within,
  wrongCount,
  type Comparison,
  type Exhibit,
} from './diagnosis/evidence.ts';
import { regionsOf } from './diagnosis/regions.ts';
import { explainNearly, explainSinglePrecision } from './diagnosis/rounding.ts';
import { explainShape, firstWrongShape } from './diagnosis/shapes.ts';
import { explainByTerms } from './diagnosis/terms.ts';
import { explainWhole, onlyAtEnds } from './diagnosis/whole.ts';
import { wrongWords } from './diagnosis/words.ts';
import { applied, argumentsOf, type Case, type Pset, type Task } from './pset.ts';
import { agree } from './values.ts';

/** A mistake, and the cases in which it shows. */
export interface Diagnosis {
  /** A description on one line; undefined if no mistake is known that gives these values. */
  readonly message: string | undefined;
  /** Where the function is wrong, as it follows "the numbers are wrong", if that is known. */
  readonly where: string;
  /** The cases in which it shows. */
  readonly cases: readonly Case[];
}

/** The fewest wrong numbers from which a mistake is guessed. */
const LEAST_NUMBERS = 3;

/**
 * Guesses the mistake in a function from its values. A mistake must explain the student's values in
 * every case, including the cases that are right. The known mistakes of the problem set are tried
 * first, and then mistakes that any function can have. If no mistake fits, the wrong numbers are
 * told from the right ones by a property, such as a boundary or the sign of an argument, and only
 * those are explained.
 */
export function diagnose(pset: Pset, task: Task, comparisons: readonly Comparison[]): Diagnosis {
  const all = comparisons.map(({ item }) => item);
  const known = (some: readonly Comparison[]) =>
    pset.mistakes.find(
      ({ task: name, solve }) =>
        name === task.name &&
        some.every(({ item, got }) => agree(got, applied(solve, argumentsOf(task, item.args)))),
    )?.message;
  const found = known(comparisons);
  if (found !== undefined) return { message: found, where: '', cases: all };
  const evidence = evidenceOf(comparisons);
  const misshapen = firstWrongShape(comparisons);
  if (misshapen !== undefined) {
    const shape = explainShape(comparisons, misshapen);
    const values = shape.startsWith('transposed') ? undefined : explainByStep(pset, task, evidence);
    const message = values === undefined ? shape : `${shape}; ${values}`;
    return { message, where: '', cases: [misshapen.item] };
  }
  const whole = explain(pset, task, evidence);
  if (whole !== undefined) return { message: whole, where: '', cases: all };
  const words = wrongWords(task, evidence);
  const inside = words === undefined ? evidence : within(evidence, words.holds);
  const suffix = words === undefined ? '' : `, for ${words.phrase}`;
  const cases = inside.map(({ item }) => item);
  const restricted = comparisons.filter(({ item }) => cases.includes(item));
  const inWords =
    words === undefined ? undefined : (known(restricted) ?? explain(pset, task, inside));
  if (inWords !== undefined) return { message: `${inWords}${suffix}`, where: '', cases };
  const regions = regionsOf(pset, task, inside);
  for (const region of regions) {
    const part = within(inside, region.holds);
    if (wrongCount(part) < LEAST_NUMBERS) continue;
    const message = explain(pset, task, part);
    if (message !== undefined)
      return {
        message: `${message}${suffix}, only ${region.phrase}`,
        where: '',
        cases: part.map(({ item }) => item),
      };
  }
  const rest = explainByTwoSteps(pset, task, inside);
  if (rest !== undefined) return { message: `${rest}${suffix}`, where: '', cases };
  if (onlyAtEnds(inside)) return { message: undefined, where: `${suffix}, only near the ends`, cases }; // prettier-ignore
  const [region] = regions;
  if (region === undefined) return { message: undefined, where: suffix, cases };
  const part = within(inside, region.holds).map(({ item }) => item);
  return { message: undefined, where: `${suffix}, only ${region.phrase}`, cases: part };
}

function explain(pset: Pset, task: Task, evidence: readonly Exhibit[]): string | undefined {
  return (
    explainWhole(task, evidence) ??
    explainCancelled(pset, task, evidence) ??
    explainSinglePrecision(evidence) ??
    explainByTerms(pset, task, evidence) ??
    explainByExchange(pset, task, evidence) ??
    explainByStep(pset, task, evidence) ??
    explainByAddend(pset, task, evidence) ??
    explainByOtherFunction(pset, task, evidence) ??
    explainNearly(evidence)
  );
}
