import type { Rng } from '../../lib/rng.ts';
import type { Answer } from './answer.ts';
import type { Limits, ProcessFailure, Student } from './ask.ts';
import { diagnose, type Pair } from './diagnose.ts';
import { agree, close, flat, print } from './numbers.ts';
import {
  applied,
  argumentsOf,
  type Args,
  type Case,
  type Pset,
  type Task,
  type Value,
} from './pset.ts';

export const LIMITS: Limits = { seconds: 5, memory: 256 };
const CASES = 24;
/** Of the first smooth cases: finite differences need two calls a number. */
const DIFFERENCED = 4;

export interface TaskReport {
  readonly task: string;
  readonly pass: boolean;
  readonly points: number;
  readonly maxPoints: number;
  /** One line: what is right or wrong. */
  readonly message: string;
  /** The smallest case that fails. */
  readonly example?: { readonly args: Args; readonly expected: Value; readonly got: Value };
}

export interface PsetReport {
  readonly pset: string;
  readonly points: number;
  readonly maxPoints: number;
  readonly tasks: readonly TaskReport[];
}

/**
 * Grades a student's functions, each by itself. A forward is compared with the reference; a gradient with the reference and
 * with finite differences of the student's own forward, so that the right gradient of a wrong forward is told and counts.
 */
export async function checkPset(pset: Pset, student: Student, rng: Rng): Promise<PsetReport> {
  const cases = Array.from({ length: CASES }, (_, k) => pset.draw(rng.fold(k), k));
  const tasks: TaskReport[] = [];
  try {
    for (const task of pset.tasks) tasks.push(await checkTask(pset, task, student, cases));
  } finally {
    student.stop();
  }
  const sum = (of: (one: TaskReport) => number) => tasks.reduce((total, one) => total + of(one), 0);
  return {
    pset: pset.name,
    points: sum((one) => one.points),
    maxPoints: sum((one) => one.maxPoints),
    tasks,
  };
}

async function checkTask(
  pset: Pset,
  task: Task,
  student: Student,
  cases: readonly Case[],
): Promise<TaskReport> {
  const fail = (says: string): TaskReport => ({
    task: task.name,
    pass: false,
    points: 0,
    maxPoints: task.points,
    message: says,
  });
  const calls = cases.map(({ args }) => ({ task: task.name, args: argumentsOf(task, args) }));
  // The first ones again: a function of its arguments alone gives the same again.
  const answers = await student.ask([...calls, ...calls.slice(0, 3)]);
  if (!isAnswers(answers)) return fail(lossLine(answers, student.limits));
  const pairs: Pair[] = [];
  for (const [k, answer] of answers.slice(0, cases.length).entries()) {
    if (answer.kind !== 'value') {
      return {
        ...fail(troubleLine(answer)),
        ...(answer.kind === 'threw' && exampleOf(pset, task, cases[k], 'throws')),
      };
    }
    const expected = reference(pset, task, cases[k]);
    pairs.push({ one: cases[k], expected, got: answer.value });
  }
  const wrong = pairs.find(({ expected, got }) => !agree(got, expected));
  const example = wrong && exampleOf(pset, task, wrong.one, wrong.got);
  const mutator = answers.findIndex((answer) => answer.kind === 'value' && answer.mutated);
  if (mutator >= 0) return fail('mutates its input: an argument is not what it was after the call');
  const again = answers.slice(cases.length).every((answer, k) => {
    const [now, before] = [answer.kind === 'value' ? flat(answer.value) : [], flat(pairs[k].got)];
    return now.length === before.length && now.every((v, i) => Object.is(v, before[i]));
  });
  if (!again) {
    return fail(
      'keeps something between calls: the same arguments give other numbers the second time',
    );
  }
  if (wrong === undefined) {
    return {
      task: task.name,
      pass: true,
      points: task.points,
      maxPoints: task.points,
      message: 'pass',
    };
  }
  const strange = pairs.find(
    ({ expected, got }) =>
      flat(got).some((v) => !Number.isFinite(v)) && flat(expected).every(Number.isFinite),
  );
  if (strange !== undefined) {
    const which = flat(strange.got).some(Number.isNaN) ? 'NaN' : 'Infinity';
    return { ...fail(`returns ${which}`), ...exampleOf(pset, task, strange.one, strange.got) };
  }
  if (await isGradientOfOwnForward(pset, task, student, pairs)) {
    return {
      ...fail(''),
      pass: true,
      points: task.points,
      message: 'right for your own forward, which is wrong; pass',
      ...example,
    };
  }
  return { ...fail(diagnose(pset, task, pairs)), ...example };
}

function isAnswers(found: readonly Answer[] | ProcessFailure): found is readonly Answer[] {
  return Array.isArray(found);
}

function reference({ solution }: Pset, task: Task, { args }: Case): Value {
  return applied(solution[task.name], argumentsOf(task, args));
}

function exampleOf(pset: Pset, task: Task, one: Case, got: Value): Pick<TaskReport, 'example'> {
  const args = Object.fromEntries(task.parameters.map(({ name }) => [name, one.args[name]]));
  return { example: { args, expected: reference(pset, task, one), got } };
}

async function isGradientOfOwnForward(
  pset: Pset,
  task: Task,
  student: Student,
  pairs: readonly Pair[],
): Promise<boolean> {
  const forward = pset.tasks.find(({ name }) => name === task.gradientOf?.task);
  if (forward === undefined || task.gradientOf === undefined) return false;
  const { argument, cost = false } = task.gradientOf;
  const asked = pairs.map(({ one }) => ({
    task: forward.name,
    args: argumentsOf(forward, one.args),
  }));
  const outputs = await student.ask(asked);
  if (!isAnswers(outputs)) return false;
  const right = outputs.every(
    (answer, k) =>
      answer.kind === 'value' &&
      close(flat(answer.value), flat(reference(pset, forward, pairs[k].one))),
  );
  // Of a right forward the reference has the gradient, at kinks too.
  if (right) return false;
  const smooth = pairs.filter(({ one }) => one.smooth).slice(0, DIFFERENCED);
  for (const { one, got } of smooth) {
    const size = flat(one.args[argument]).length;
    const step = 1e-5;
    const calls = Array.from({ length: 2 * size }, (_, k) => {
      const args = {
        ...one.args,
        [argument]: nudged(one.args[argument], k >> 1, k % 2 === 0 ? step : -step),
      };
      return { task: forward.name, args: argumentsOf(forward, args) };
    });
    const answers = await student.ask(calls);
    if (!isAnswers(answers)) return false;
    const weights = cost ? [1] : flat(one.args.gradOutput);
    const sums = answers.map((answer) => {
      const values = answer.kind === 'value' ? flat(answer.value) : [];
      return values.length === weights.length
        ? values.reduce((sum, v, i) => sum + v * weights[i], 0)
        : NaN;
    });
    const numeric = Array.from(
      { length: size },
      (_, i) => (sums[2 * i] - sums[2 * i + 1]) / (2 * step),
    );
    if (!close(flat(got), numeric, 1e-6)) return false;
  }
  return smooth.length > 0;
}

function nudged(value: Value, at: number, by: number): Value {
  let k = 0;
  const walk = (part: Value): Value => {
    if (typeof part === 'number') return k++ === at ? part + by : part;
    return Array.isArray(part) ? (part as readonly Value[]).map(walk) : part;
  };
  return walk(value);
}

function lossLine(loss: ProcessFailure, { seconds, memory }: Limits): string {
  switch (loss.kind) {
    case 'unloadable':
      return `the file cannot be loaded: ${loss.message}`;
    case 'timeout':
      return `does not return within ${seconds} s: a loop without end?`;
    case 'memory':
      return `needs more than ${memory} MiB of memory: does a list grow without end?`;
    case 'exited':
      return 'ends the process';
  }
}

function troubleLine(answer: Exclude<Answer, { kind: 'value' }>): string {
  switch (answer.kind) {
    case 'missing':
      return 'missing: the file does not export it';
    case 'unwritten':
      return 'not implemented yet';
    case 'threw':
      return `throws ${answer.message}`;
    case 'strange':
      return `returns ${answer.what}`;
  }
}

/** A line a function, and under one that fails the smallest example. */
export function reportLines({ pset, points, maxPoints: of, tasks }: PsetReport): string[] {
  const longest = Math.max(...tasks.map(({ task }) => task.length));
  const lines = tasks.flatMap(({ task, pass, message: says, example }) => [
    `${pass ? 'pass' : 'FAIL'}  ${task.padEnd(longest)}  ${says === 'pass' ? '' : says}`.trimEnd(),
    ...(example === undefined
      ? []
      : [
          `      ${Object.entries(example.args)
            .map(([name, value]) => `${name} = ${print(value)}`)
            .join(', ')}`,
          `      expected ${print(example.expected)}`,
          `      got      ${example.got === 'throws' ? 'an error' : print(example.got)}`,
        ]),
  ]);
  return [...lines, `${pset}: ${points} of ${of} points`];
}
