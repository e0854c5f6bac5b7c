import { isAnswers, type Answer } from './answer.ts';
import { diagnose } from './diagnose.ts';
import { consequenceOf } from './diagnosis/consequence.ts';
import { evidenceOf, within, type Comparison } from './diagnosis/evidence.ts';
import { stepsOf } from './diagnosis/derived.ts';
import { explainByStep } from './diagnosis/distortions.ts';
import { firstWrongShape } from './diagnosis/shapes.ts';
import { probe } from './diagnosis/probe.ts';
import { regionsOf } from './diagnosis/regions.ts';
import { wrongWords } from './diagnosis/words.ts';
import { isGradientOfOwnForward } from './ownForward.ts';
import { argumentsOf, type Args, type Case, type ExtremeCase, type Pset, type Task } from './pset.ts'; // prettier-ignore
import { referenceOf } from './reference.ts';
import type { Limits, ProcessFailure, Submission } from './student.ts';
import type { Value } from './value.ts';
import { agree, close, flatten, shapeOf } from './values.ts';

/** The result of one task. */
export interface TaskReport {
  readonly task: string;
  readonly pass: boolean;
  readonly points: number;
  readonly maxPoints: number;
  /** The verdict on one line. */
  readonly message: string;
  /** The smallest case that fails in the way that the message says. */
  readonly example?: { readonly args: Args; readonly expected: Value; readonly got: Value };
  /** The lines that the function printed in that case, or in the first one. */
  readonly printed?: readonly string[];
}

/** The number of calls that are made twice, and must return the same values. */
const REPEATED = 3;

/** A student's wrong functions so far: their results for every case. */
export type WrongResults = Map<string, readonly Value[]>;

/** Grades one function. `wrong` has the wrong functions before it, and gets this one. */
export async function checkTask(
  pset: Pset,
  task: Task,
  student: Submission,
  ordinary: readonly Case[],
  wrong: WrongResults,
): Promise<TaskReport> {
  const cases: readonly (Case & Partial<ExtremeCase>)[] = [...ordinary, ...(pset.extremes ?? [])];
  const calls = cases.map(({ args }) => ({ task: task.name, args: argumentsOf(task, args) }));
  const answers = await student.ask([...calls, ...calls.slice(0, REPEATED)]);
  const report = (pass: boolean, message: string, at?: number, got?: Value): TaskReport => {
    const example = at === undefined || got === undefined ? {} : exampleOf(pset, task, cases[at], got); // prettier-ignore
    const printed = isAnswers(answers) ? printedIn(answers, at) : {};
    const points = pass ? task.points : 0;
    return {
      task: task.name,
      pass,
      points,
      maxPoints: task.points,
      message,
      ...example,
      ...printed,
    };
  };
  if (!isAnswers(answers)) return report(false, describeFailure(answers, student.limits));
  const first = answers.slice(0, cases.length);
  const values: Value[] = [];
  for (const [k, answer] of first.entries()) {
    if (answer.kind !== 'value') {
      const where = answer.kind === 'threw' ? whereThrown(pset, task, cases, first, k) : '';
      const got = answer.kind === 'threw' ? 'throws' : undefined;
      return report(
        false,
        `${describeAnswer(answer)}${where}${usedWrong(pset, task, cases[0], wrong)}`,
        k,
        got,
      );
    }
    values.push(answer.value);
  }
  const expected = cases.map(({ args }) => referenceOf(pset, task, args));
  const isWrong = cases.map(({ extreme }, k) =>
    extreme === undefined ? !agree(values[k], expected[k]) : !agreeExactly(values[k], expected[k]),
  );
  const failing = isWrong.indexOf(true);
  const show: [at?: number, got?: Value] = failing < 0 ? [] : [failing, values[failing]];
  if (answers.some((answer) => answer.kind === 'value' && answer.mutated))
    return report(false, 'mutates its input: an argument differs after the call', ...show);
  if (!repeats(answers.slice(cases.length), values))
    return report(
      false,
      'keeps state between calls: the same arguments give different numbers the second time',
      ...show,
    );
  if (failing < 0) return report(true, 'pass');
  const called = cases.map(({ args }, k) => ({
    args,
    got: values[k],
    wrong: new Map([...wrong].map(([name, results]) => [name, results[k]])),
  }));
  wrong.set(task.name, values);
  const blamed = consequenceOf(pset, task, called);
  if (blamed !== undefined) {
    const own = `right with your own ${blamed.join(' and ')}, which ${blamed.length > 1 ? 'are' : 'is'} wrong; pass`;
    return report(true, own, ...show);
  }
  const comparisons: readonly Comparison[] = ordinary.map((item, k) => ({
    item,
    expected: expected[k],
    got: values[k],
  }));
  const extreme = cases[failing].extreme;
  if (extreme !== undefined) {
    const what = notFiniteIn(values[failing], expected[failing]);
    const found = explainExtremes(pset, task, cases, expected, values);
    const message =
      what !== undefined
        ? `returns ${what} for ${extreme}`
        : found === undefined
          ? `wrong for ${extreme}, and right for ordinary numbers`
          : `${found}, which shows for ${extreme}`;
    return report(
      false,
      `${message}${usedWrong(pset, task, cases[0], wrong)}`,
      failing,
      values[failing],
    );
  }
  const notFinite = comparisons.findIndex(
    ({ expected: right, got }) => notFiniteIn(got, right) !== undefined,
  );
  if (notFinite >= 0) {
    const { got, expected: right } = comparisons[notFinite];
    const where = whereOnly(pset, task, comparisons, ({ got: one }) =>
      flatten(one).map((value) => !Number.isFinite(value)),
    );
    const message = `returns ${notFiniteIn(got, right) ?? 'NaN'}${where}`;
    return report(false, `${message}${usedWrong(pset, task, cases[0], wrong)}`, notFinite, got);
  }
  if (await isGradientOfOwnForward(pset, task, student, comparisons))
    return report(true, 'right for your own forward, which is wrong; pass', ...show);
  const found = diagnose(pset, task, comparisons);
  const at = cases.findIndex((item, k) => isWrong[k] && found.cases.includes(item));
  const message =
    found.message ??
    `${await describeUnknown(pset, task, student, found.where, cases[at])}${usedWrong(pset, task, cases[0], wrong)}`;
  return report(false, message, at, values[at]);
}

/** Explains results that are wrong only for extreme arguments, by one step. */
function explainExtremes(
  pset: Pset,
  task: Task,
  cases: readonly (Case & Partial<ExtremeCase>)[],
  expected: readonly Value[],
  values: readonly Value[],
): string | undefined {
  const comparisons = cases.flatMap((item, k) =>
    item.extreme === undefined ? [] : [{ item, expected: expected[k], got: values[k] }],
  );
  return firstWrongShape(comparisons) === undefined
    ? explainByStep(pset, task, evidenceOf(comparisons))
    : undefined;
}

/** Names the wrong functions of the student on which a function may depend. */
function usedWrong(pset: Pset, task: Task, { args }: Case, wrong: WrongResults): string {
  const names = [...new Set(stepsOf(pset, task, args).uses)].filter((name) => wrong.has(name));
  return names.length === 0
    ? ''
    : `; if it calls your ${names.join(' and ')}, this may follow from the mistake there`;
}

/** Describes a mistake that has no name: where the numbers are wrong, and a wrong dependence. */
async function describeUnknown(
  pset: Pset,
  task: Task,
  student: Submission,
  where: string,
  { args }: Case,
): Promise<string> {
  const fact = await probe(pset, task, args, async (all) => {
    const answers = await student.ask(
      all.map((one) => ({ task: task.name, args: argumentsOf(task, one) })),
    );
    if (!isAnswers(answers)) return undefined;
    const values = answers.flatMap((answer) => (answer.kind === 'value' ? [answer.value] : []));
    return values.length === all.length ? values : undefined;
  });
  return `the numbers are wrong${where}${fact === undefined ? '' : `: ${fact}`}`;
}

/** Returns whether the second results of the first calls are those of the first time. */
function repeats(again: readonly Answer[], values: readonly Value[]): boolean {
  return again.every((answer, k) => {
    const now = answer.kind === 'value' ? flatten(answer.value) : [];
    const before = flatten(values[k]);
    return now.length === before.length && now.every((value, i) => Object.is(value, before[i]));
  });
}

/** Returns whether results agree relative to the largest number, however small it is. */
function agreeExactly(got: Value, expected: Value): boolean {
  if (shapeOf(got) !== shapeOf(expected)) return false;
  const scale = Math.max(0, ...flatten(expected).map(Math.abs)) || 1;
  const scaled = (value: Value) => flatten(value).map((one) => one / scale);
  return close(scaled(got), scaled(expected));
}

/** Names the number that is not finite in a result, although the right one is. */
function notFiniteIn(got: Value, expected: Value): 'NaN' | 'Infinity' | undefined {
  const numbers = flatten(got);
  if (numbers.every(Number.isFinite) || !flatten(expected).every(Number.isFinite)) return undefined;
  return numbers.some(Number.isNaN) ? 'NaN' : 'Infinity';
}

/** Names the property of the cases and numbers that are wrong in this way, if there is one. */
function whereOnly(
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

/** Says for which arguments a function throws, if it does not always throw. */
function whereThrown(
  pset: Pset,
  task: Task,
  cases: readonly (Case & Partial<ExtremeCase>)[],
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

function exampleOf(pset: Pset, task: Task, item: Case, got: Value): Pick<TaskReport, 'example'> {
  const args = Object.fromEntries(task.parameters.map(({ name }) => [name, item.args[name]]));
  return { example: { args, expected: referenceOf(pset, task, item.args), got } };
}

function printedIn(answers: readonly Answer[], at = 0): Pick<TaskReport, 'printed'> {
  const { printed } = answers[at];
  return printed === undefined ? {} : { printed };
}

function describeFailure(failure: ProcessFailure, { seconds, memory }: Limits): string {
  switch (failure.kind) {
    case 'unloadable':
      return `the file cannot be loaded: ${failure.message}`;
    case 'timeout':
      return `does not return within ${seconds} s: is there an endless loop?`;
    case 'memory':
      return `needs more than ${memory} MiB of memory: does a list grow without end?`;
    case 'exited':
      return 'ends the process';
  }
}

function describeAnswer(answer: Exclude<Answer, { kind: 'value' }>): string {
  switch (answer.kind) {
    case 'missing':
      return 'missing: the file does not export it';
    case 'notImplemented':
      return 'not implemented yet';
    case 'threw':
      return `throws ${answer.message}`;
    case 'invalid':
      return `returns ${answer.description}`;
  }
}
