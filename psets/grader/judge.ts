import { isAnswers } from './answer.ts';
import { diagnose } from './diagnose.ts';
import { consequenceOf } from './diagnosis/consequence.ts';
import { evidenceOf, type Comparison } from './diagnosis/evidence.ts';
import { explainByStep } from './diagnosis/distortions.ts';
import { explainByExp } from './diagnosis/overflow.ts';
import { firstWrongShape } from './diagnosis/shapes.ts';
import { probe, type Ask } from './diagnosis/probe.ts';
import { isGradientOfOwnForward } from './ownForward.ts';
import { argumentsOf, type Case, type Pset, type Task } from './pset.ts';
import type { Submission } from './student.ts';
import type { Value } from './value.ts';
import { flatten } from './values.ts';
import { usedWrong, whereOnly, type GradedCase, type WrongResults } from './where.ts';

/** What the grader says about a function. */
export interface Verdict {
  readonly pass: boolean;
  /** One line. */
  readonly message: string;
  /** The case that shows it, if there is one. */
  readonly at?: number;
  /** The student's result in that case. */
  readonly got?: Value;
}

/** The results of a function that is wrong in at least one case. */
export interface Results {
  readonly pset: Pset;
  readonly task: Task;
  readonly student: Submission;
  /** The random cases, and then the extreme ones. */
  readonly cases: readonly GradedCase[];
  /** The results of the student, the reference's, and whether the student's is wrong, per case. */
  readonly values: readonly Value[];
  readonly expected: readonly Value[];
  readonly isWrong: readonly boolean[];
  /** The first wrong case. */
  readonly failing: number;
  /** The wrong functions before this one. */
  readonly wrong: WrongResults;
}

/**
 * Judges a function that is wrong in at least one case. It passes if it is right apart from another
 * wrong function of the student. Otherwise the mistake is named as exactly as possible.
 */
export async function judge(results: Results): Promise<Verdict> {
  const { pset, task, student, cases, values, failing } = results;
  const inherited = inheritedFrom(results);
  if (inherited !== undefined) return inherited;
  if (cases[failing].extreme !== undefined) return wrongForExtreme(results);
  const comparisons = ordinaryOf(results);
  const notFinite = await notFiniteFor(results, comparisons);
  if (notFinite !== undefined) return notFinite;
  if (await isGradientOfOwnForward(pset, task, student, comparisons)) {
    const message = 'right for your own forward, which is wrong; pass';
    return { pass: true, message, at: failing, got: values[failing] };
  }
  return named(results, comparisons);
}

/** Passes a function whose wrong results follow from those of another function. */
function inheritedFrom(results: Results): Verdict | undefined {
  const { pset, task, cases, values, failing, wrong } = results;
  const calls = cases.map(({ args }, k) => ({
    args,
    got: values[k],
    wrong: new Map([...wrong].map(([name, own]) => [name, own[k]])),
  }));
  const blamed = consequenceOf(pset, task, calls);
  if (blamed === undefined) return undefined;
  const are = blamed.length > 1 ? 'are' : 'is';
  const message = `right with your own ${blamed.join(' and ')}, which ${are} wrong; pass`;
  return { pass: true, message, at: failing, got: values[failing] };
}

async function wrongForExtreme(results: Results): Promise<Verdict> {
  const { cases, values, expected, failing } = results;
  const { extreme = '' } = cases[failing];
  const what = notFiniteIn(values[failing], expected[failing]);
  if (what !== undefined) {
    const because = await becauseOfExp(results, cases[failing]);
    return failed(results, `returns ${what} for ${extreme}${because}`, failing);
  }
  const found = explainExtremes(results);
  const message =
    found === undefined
      ? `wrong for ${extreme}, and right for ordinary numbers`
      : `${found}, which shows for ${extreme}`;
  return failed(results, message, failing);
}

/** Explains results that are wrong only for extreme arguments, by one step. */
function explainExtremes({ pset, task, cases, expected, values }: Results): string | undefined {
  const comparisons = cases.flatMap((item, k) =>
    item.extreme === undefined ? [] : [{ item, expected: expected[k], got: values[k] }],
  );
  return firstWrongShape(comparisons) === undefined
    ? explainByStep(pset, task, evidenceOf(comparisons))
    : undefined;
}

function ordinaryOf({ cases, expected, values }: Results): readonly Comparison[] {
  return cases
    .map((item, k) => ({ item, expected: expected[k], got: values[k] }))
    .filter(({ item }) => item.extreme === undefined);
}

async function notFiniteFor(
  results: Results,
  comparisons: readonly Comparison[],
): Promise<Verdict | undefined> {
  const at = comparisons.findIndex(({ expected, got }) => notFiniteIn(got, expected) !== undefined);
  if (at < 0) return undefined;
  const { item, got, expected } = comparisons[at];
  const where = whereOnly(results.pset, results.task, comparisons, ({ got: one }) =>
    flatten(one).map((value) => !Number.isFinite(value)),
  );
  const what = notFiniteIn(got, expected) ?? 'NaN';
  return failed(results, `returns ${what}${where}${await becauseOfExp(results, item)}`, at);
}

/** Says that a result is not finite because of an exponential, as it follows a message. */
async function becauseOfExp({ task, student }: Results, { args }: Case): Promise<string> {
  const found = await explainByExp(task, args, askingFor(task, student));
  return found === undefined ? '' : `: ${found}`;
}

/** Names the number that is not finite in a result, although the right one is. */
function notFiniteIn(got: Value, expected: Value): 'NaN' | 'Infinity' | undefined {
  const numbers = flatten(got);
  if (numbers.every(Number.isFinite) || !flatten(expected).every(Number.isFinite)) return undefined;
  return numbers.some(Number.isNaN) ? 'NaN' : 'Infinity';
}

/** Names the mistake by the numbers, or else says where they are wrong. */
async function named(results: Results, comparisons: readonly Comparison[]): Promise<Verdict> {
  const { pset, task, student, cases, values, isWrong } = results;
  const found = diagnose(pset, task, comparisons);
  const at = cases.findIndex((item, k) => isWrong[k] && found.cases.includes(item));
  if (found.message !== undefined)
    return { pass: false, message: found.message, at, got: values[at] };
  const fact = await dependence(pset, task, student, cases[at]);
  const message = `the numbers are wrong${found.where}${fact === undefined ? '' : `: ${fact}`}`;
  return failed(results, message, at);
}

/** Asks the student's function again with other arguments, and names a wrong dependence on them. */
function dependence(pset: Pset, task: Task, student: Submission, { args }: Case) {
  return probe(pset, task, args, askingFor(task, student));
}

/** Returns the way to call a student's function with other arguments. */
function askingFor(task: Task, student: Submission): Ask {
  return async (all) => {
    const answers = await student.ask(
      all.map((one) => ({ task: task.name, args: argumentsOf(task, one) })),
    );
    if (!isAnswers(answers)) return undefined;
    const values = answers.flatMap((answer) => (answer.kind === 'value' ? [answer.value] : []));
    return values.length === all.length ? values : undefined;
  };
}

/** Fails a function, and names the wrong functions from which this may follow. */
function failed({ pset, task, cases, values, wrong }: Results, text: string, at: number): Verdict {
  const message = `${text}${usedWrong(pset, task, cases[0], wrong)}`;
  return { pass: false, message, at, got: values[at] };
}
