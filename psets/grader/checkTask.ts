import { isAnswers, type Answer } from './answer.ts';
import { describeAnswer, describeFailure } from './describeAnswer.ts';
import { judge, type Verdict } from './judge.ts';
import { argumentsOf, type Args, type Case, type Pset, type Task } from './pset.ts';
import { referenceOf } from './reference.ts';
import type { Submission } from './student.ts';
import type { Value } from './value.ts';
import { agree, close, flatten, shapeOf } from './values.ts';
import { usedWrong, whereThrown, type GradedCase, type WrongResults } from './where.ts';

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

/** Grades one function. `wrong` has the wrong functions before it, and gets this one. */
export async function checkTask(
  pset: Pset,
  task: Task,
  student: Submission,
  ordinary: readonly Case[],
  wrong: WrongResults,
): Promise<TaskReport> {
  const cases: readonly GradedCase[] = [...ordinary, ...(pset.extremes ?? [])];
  const calls = cases.map(({ args }) => ({ task: task.name, args: argumentsOf(task, args) }));
  const answers = await student.ask([...calls, ...calls.slice(0, REPEATED)]);
  const verdict: Verdict = isAnswers(answers)
    ? await verdictOn(pset, task, student, cases, answers, wrong)
    : { pass: false, message: describeFailure(answers, student.limits) };
  const { pass, message, at, got } = verdict;
  const shown = at !== undefined && got !== undefined;
  const printed = isAnswers(answers) ? answers[at ?? 0].printed : undefined;
  return {
    task: task.name,
    pass,
    points: pass ? task.points : 0,
    maxPoints: task.points,
    message,
    ...(shown && { example: exampleOf(pset, task, cases[at], got) }),
    ...(printed && { printed }),
  };
}

/** @param answers those to all cases, and then the second ones to the first cases. */
async function verdictOn(
  pset: Pset,
  task: Task,
  student: Submission,
  cases: readonly GradedCase[],
  answers: readonly Answer[],
  wrong: WrongResults,
): Promise<Verdict> {
  const first = answers.slice(0, cases.length);
  const values: Value[] = [];
  for (const [at, answer] of first.entries()) {
    if (answer.kind === 'value') {
      values.push(answer.value);
      continue;
    }
    const threw = answer.kind === 'threw';
    const where = threw ? whereThrown(pset, task, cases, first, at) : '';
    const message = `${describeAnswer(answer)}${where}${usedWrong(pset, task, cases[0], wrong)}`;
    return { pass: false, message, at, ...(threw && { got: 'throws' }) };
  }
  const expected = cases.map(({ args }) => referenceOf(pset, task, args));
  const isWrong = cases.map(({ extreme }, k) =>
    extreme === undefined ? !agree(values[k], expected[k]) : !agreeExactly(values[k], expected[k]),
  );
  const failing = isWrong.indexOf(true);
  const impure = impurity(answers, values);
  if (impure !== undefined) {
    const example = failing < 0 ? {} : { at: failing, got: values[failing] };
    return { pass: false, message: impure, ...example };
  }
  if (failing < 0) return { pass: true, message: 'pass' };
  const before: WrongResults = new Map(wrong);
  wrong.set(task.name, values);
  return judge({ pset, task, student, cases, values, expected, isWrong, failing, wrong: before });
}

/** Describes a function that changes its arguments or remembers its calls. */
function impurity(answers: readonly Answer[], values: readonly Value[]): string | undefined {
  if (answers.some((answer) => answer.kind === 'value' && answer.mutated))
    return 'mutates its input: an argument differs after the call';
  return repeats(answers.slice(values.length), values)
    ? undefined
    : 'keeps state between calls: the same arguments give different numbers the second time';
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

function exampleOf(pset: Pset, task: Task, item: Case, got: Value) {
  const args = Object.fromEntries(task.parameters.map(({ name }) => [name, item.args[name]]));
  return { args, expected: referenceOf(pset, task, item.args), got };
}
