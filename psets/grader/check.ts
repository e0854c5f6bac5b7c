import type { Rng } from '../../lib/rng.ts';
import type { Answer } from './answer.ts';
import { diagnose, type Comparison } from './diagnose.ts';
import {
  applied,
  argumentsOf,
  type Args,
  type Case,
  type Pset,
  type Task,
  type Value,
} from './pset.ts';
import type { Limits, ProcessFailure, Submission } from './student.ts';
import { agree, close, flatten, format } from './values.ts';

/** The number of random cases per task. */
const CASES = 24;
/**
 * The number of smooth cases that are compared with finite differences. Each case needs two calls
 * per number in the argument.
 */
const DIFFERENCE_CASES = 4;

/** The result of one task. */
export interface TaskReport {
  readonly task: string;
  readonly pass: boolean;
  readonly points: number;
  readonly maxPoints: number;
  /** The verdict on one line. */
  readonly message: string;
  /** The smallest case that fails. */
  readonly example?: { readonly args: Args; readonly expected: Value; readonly got: Value };
}

/** The result of a problem set. */
export interface PsetReport {
  readonly pset: string;
  readonly points: number;
  readonly maxPoints: number;
  readonly tasks: readonly TaskReport[];
}

/**
 * Grades a student's functions one by one. A forward function must agree with the reference. A
 * gradient must agree with the reference or, if the student's forward function is wrong, with
 * finite differences of that function. So the correct gradient of a wrong forward function passes.
 *
 *     const report = await checkPset(pset, new Student('solution.ts', LIMITS), new Rng(0));
 *     console.log(reportLines(report).join('\n'));
 */
export async function checkPset(pset: Pset, student: Submission, rng: Rng): Promise<PsetReport> {
  const cases = Array.from({ length: CASES }, (_, k) => pset.draw(rng.fold(k), k));
  const tasks: TaskReport[] = [];
  try {
    for (const task of pset.tasks) tasks.push(await checkTask(pset, task, student, cases));
  } finally {
    student.stop();
  }
  const sum = (pick: (report: TaskReport) => number) =>
    tasks.reduce((total, report) => total + pick(report), 0);
  return {
    pset: pset.name,
    points: sum(({ points }) => points),
    maxPoints: sum(({ maxPoints }) => maxPoints),
    tasks,
  };
}

async function checkTask(
  pset: Pset,
  task: Task,
  student: Submission,
  cases: readonly Case[],
): Promise<TaskReport> {
  const report = (pass: boolean, message: string): TaskReport => {
    const points = pass ? task.points : 0;
    return { task: task.name, pass, points, maxPoints: task.points, message };
  };
  const fail = (message: string) => report(false, message);
  const calls = cases.map(({ args }) => ({ task: task.name, args: argumentsOf(task, args) }));
  // The first three calls are made twice, and must return the same values.
  const answers = await student.ask([...calls, ...calls.slice(0, 3)]);
  if (!isAnswers(answers)) return fail(describeFailure(answers, student.limits));
  const comparisons: Comparison[] = [];
  for (const [k, answer] of answers.slice(0, cases.length).entries()) {
    if (answer.kind !== 'value') {
      return {
        ...fail(describeAnswer(answer)),
        ...(answer.kind === 'threw' && exampleOf(pset, task, cases[k], 'throws')),
      };
    }
    const expected = reference(pset, task, cases[k]);
    comparisons.push({ item: cases[k], expected, got: answer.value });
  }
  const wrong = comparisons.find(({ expected, got }) => !agree(got, expected));
  const example = wrong && exampleOf(pset, task, wrong.item, wrong.got);
  if (answers.some((answer) => answer.kind === 'value' && answer.mutated))
    return fail('mutates its input: an argument differs after the call');
  const repeated = answers.slice(cases.length).every((answer, k) => {
    const now = answer.kind === 'value' ? flatten(answer.value) : [];
    const before = flatten(comparisons[k].got);
    return now.length === before.length && now.every((value, i) => Object.is(value, before[i]));
  });
  if (!repeated) {
    return fail(
      'keeps state between calls: the same arguments give different numbers the second time',
    );
  }
  if (wrong === undefined) return report(true, 'pass');
  const notFinite = comparisons.find(
    ({ expected, got }) =>
      flatten(got).some((value) => !Number.isFinite(value)) &&
      flatten(expected).every(Number.isFinite),
  );
  if (notFinite !== undefined) {
    const { item, got } = notFinite;
    const value = flatten(got).some(Number.isNaN) ? 'NaN' : 'Infinity';
    return { ...fail(`returns ${value}`), ...exampleOf(pset, task, item, got) };
  }
  if (await isGradientOfOwnForward(pset, task, student, comparisons))
    return { ...report(true, 'right for your own forward, which is wrong; pass'), ...example };
  return { ...fail(diagnose(pset, task, comparisons)), ...example };
}

function isAnswers(result: readonly Answer[] | ProcessFailure): result is readonly Answer[] {
  return Array.isArray(result);
}

function reference({ solution }: Pset, task: Task, { args }: Case): Value {
  return applied(solution[task.name], argumentsOf(task, args));
}

function exampleOf(pset: Pset, task: Task, item: Case, got: Value): Pick<TaskReport, 'example'> {
  const args = Object.fromEntries(task.parameters.map(({ name }) => [name, item.args[name]]));
  return { example: { args, expected: reference(pset, task, item), got } };
}

async function isGradientOfOwnForward(
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
      close(flatten(answer.value), flatten(reference(pset, forward, comparisons[k].item))),
  );
  // If the student's forward function is correct, its gradient is that of the reference.
  if (right) return false;
  const smooth = comparisons.filter(({ item }) => item.smooth).slice(0, DIFFERENCE_CASES);
  // A forward function that ignores the argument has the gradient 0. That gradient needs no work,
  // so it does not pass.
  let depends = false;
  for (const { item, got } of smooth) {
    const numeric = await numericGradient(forward, student, item, argument, cost);
    if (numeric === undefined || !close(flatten(got), numeric, 1e-6)) return false;
    depends ||= numeric.some((value) => value !== 0);
  }
  return depends;
}

/**
 * Computes the gradient of the student's forward function by central differences. Returns undefined
 * if the student's process failed.
 */
async function numericGradient(
  forward: Task,
  student: Submission,
  { args }: Case,
  argument: string,
  cost: boolean,
): Promise<number[] | undefined> {
  const step = 1e-5;
  const size = flatten(args[argument]).length;
  const calls = Array.from({ length: 2 * size }, (_, k) => {
    const moved = nudged(args[argument], k >> 1, k % 2 === 0 ? step : -step);
    return { task: forward.name, args: argumentsOf(forward, { ...args, [argument]: moved }) };
  });
  const answers = await student.ask(calls);
  if (!isAnswers(answers)) return undefined;
  const weights = cost ? [1] : flatten(args.gradOutput);
  const sums = answers.map((answer) => {
    const values = answer.kind === 'value' ? flatten(answer.value) : [];
    return values.length === weights.length
      ? values.reduce((sum, value, i) => sum + value * weights[i], 0)
      : NaN;
  });
  return Array.from({ length: size }, (_, i) => (sums[2 * i] - sums[2 * i + 1]) / (2 * step));
}

/** Returns a copy of a value in which the number with index `at` is increased by `by`. */
export function nudged(value: Value, at: number, by: number): Value {
  let k = 0;
  const walk = (part: Value): Value => {
    if (typeof part === 'number') return k++ === at ? part + by : part;
    return Array.isArray(part) ? (part as readonly Value[]).map(walk) : part;
  };
  return walk(value);
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

/**
 * Formats a report: one line per function, followed by its smallest failing example, and at the end
 * the points.
 */
export function reportLines({ pset, points, maxPoints, tasks }: PsetReport): string[] {
  const longest = Math.max(...tasks.map(({ task }) => task.length));
  const lines = tasks.flatMap(({ task, pass, message, example }) => {
    const text = message === 'pass' ? '' : message;
    const line = `${pass ? 'pass' : 'FAIL'}  ${task.padEnd(longest)}  ${text}`.trimEnd();
    if (example === undefined) return [line];
    const args = Object.entries(example.args).map(([name, value]) => `${name} = ${format(value)}`);
    return [
      line,
      `      ${args.join(', ')}`,
      `      expected ${format(example.expected)}`,
      `      got      ${example.got === 'throws' ? 'an error' : format(example.got)}`,
    ];
  });
  return [...lines, `${pset}: ${points} of ${maxPoints} points`];
}
