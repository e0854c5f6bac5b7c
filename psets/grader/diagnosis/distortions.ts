import type { Pset, Task } from '../pset.ts';
import { byOther, byWord, replacedBy } from './byOther.ts';
import { byQuantity } from './byQuantity.ts';
import { RESULT, stepsOf, withChange, type Steps } from './derived.ts';
import type { Distortion, Role, Surroundings } from './distortion.ts';
import { ELEMENTWISE } from './elementwise.ts';
import { fits, worstFirst, type Exhibit } from './evidence.ts';
import { POSITIONAL } from './positional.ts';
import { quantitiesOf } from './quantities.ts';

/** A step with a mistake. */
interface Candidate {
  readonly step: string;
  readonly role: Role;
  readonly distortion: Distortion;
}

/** The order in which steps are suspected. */
const SUSPICION: Readonly<Record<Role, number>> = {
  term: 0,
  step: 0.2,
  parts: 0.2,
  argument: 0.4,
  result: 0.6,
};

/** The most candidates that are tried in pairs. */
const MOST_IN_PAIRS = 80;

/**
 * Explains values by one mistake in one step of a function, such as a step that is left out,
 * squared, reversed, or divided by a quantity. Returns undefined if no such mistake gives the
 * student's values in every case.
 */
export function explainByStep(
  pset: Pset,
  task: Task,
  evidence: readonly Exhibit[],
): string | undefined {
  const cases = casesOf(pset, task, evidence);
  const found = candidatesOf(cases).find((one) => explains(pset, task, cases, [one]));
  return found === undefined ? undefined : sentence(found);
}

/** Describes a mistake. A name may end with a comma, for the words that follow it. */
const sentence = ({ distortion, step, role }: Candidate) =>
  distortion.says(step, role).replace(/,$/, '');

/** Explains values by two frequent mistakes in two steps of a function. */
export function explainByTwoSteps(
  pset: Pset,
  task: Task,
  evidence: readonly Exhibit[],
): string | undefined {
  const cases = casesOf(pset, task, evidence);
  const frequent = candidatesOf(cases)
    .filter(({ distortion, role }) => distortion.rank <= 2 && role !== 'result')
    // A mistake that changes nothing in the first case cannot be one of two.
    .filter((one) => !explains(pset, task, [rightOf(cases[0])], [one]))
    .slice(0, MOST_IN_PAIRS);
  for (const [at, one] of frequent.entries()) {
    for (const two of frequent.slice(at + 1)) {
      if (two.step === one.step || !explains(pset, task, cases, [one, two])) continue;
      return `${sentence(one)}; ${sentence(two)}`;
    }
  }
  return undefined;
}

/** A case with its steps and quantities. */
interface Prepared {
  readonly exhibit: Exhibit;
  readonly steps: Steps;
  readonly surroundings: Surroundings;
}

function casesOf(pset: Pset, task: Task, evidence: readonly Exhibit[]): readonly Prepared[] {
  const names = task.parameters.map(({ name }) => name);
  return worstFirst(evidence).map((exhibit) => {
    const { args } = exhibit.item;
    const steps = stepsOf(pset, task, args);
    const quantities = quantitiesOf(pset, names, args);
    return { exhibit, steps, surroundings: { ...steps, quantities } };
  });
}

function candidatesOf(cases: readonly Prepared[]): readonly Candidate[] {
  const [{ steps, surroundings }] = cases;
  const words = new Set(
    cases.flatMap((one) =>
      [...one.steps.values.values()].filter((value) => typeof value === 'string'),
    ),
  );
  const general = [
    ...ELEMENTWISE,
    ...POSITIONAL,
    ...[...surroundings.quantities.keys()].flatMap(byQuantity),
    ...[...steps.values.keys()].filter((name) => name !== RESULT).flatMap(byOther),
    ...[...words].map(byWord),
  ];
  const quantities = [...surroundings.quantities.keys()].map(replacedBy);
  return [...steps.roles]
    .flatMap(([step, role]) => {
      const own = (steps.others.get(step) ?? []).map(instead);
      const all = role === 'parts' ? POSITIONAL : [...own, ...general, ...quantities];
      return all.map((distortion) => ({ step, role, distortion }));
    })
    .sort((a, b) => costOf(a) - costOf(b));
}

const costOf = ({ distortion, role }: Candidate) => distortion.rank + SUSPICION[role];

/** Returns the mistake that an alternative that the problem set names is used. */
function instead(other: string): Distortion {
  return {
    rank: 0,
    says: (name) => `${other} is used instead of ${name}`,
    apply: (_, __, ___, others) => (other in others ? others[other] : undefined),
  };
}

/** A case in which the student's values are the right ones. */
function rightOf(prepared: Prepared): Prepared {
  const { exhibit } = prepared;
  return { ...prepared, exhibit: { ...exhibit, got: exhibit.expected } };
}

function explains(
  pset: Pset,
  task: Task,
  cases: readonly Prepared[],
  candidates: readonly Candidate[],
): boolean {
  return cases.every(({ exhibit, surroundings }) =>
    fits(
      exhibit,
      withChange(pset, task, exhibit.item.args, (name, value, others) => {
        const one = candidates.find(({ step }) => step === name);
        return one === undefined ? value : one.distortion.apply(value, surroundings, name, others);
      }),
    ),
  );
}
