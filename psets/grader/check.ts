import type { Rng } from '../../lib/rng.ts';
import { checkTask, type TaskReport } from './checkTask.ts';
import type { Pset } from './pset.ts';
import type { Submission } from './student.ts';
import { digitsThatDiffer, format } from './values.ts';
import type { WrongResults } from './where.ts';

export type { TaskReport };

/** The number of random cases per task. */
const CASES = 24;

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
 * A function that uses wrong results of another one passes if it is right apart from them.
 *
 *     const report = await checkPset(pset, new Student('solution.ts', LIMITS), new Rng(0));
 *     console.log(reportLines(report).join('\n'));
 */
export async function checkPset(pset: Pset, student: Submission, rng: Rng): Promise<PsetReport> {
  const cases = Array.from({ length: CASES }, (_, k) => pset.draw(rng.fold(k), k));
  const tasks: TaskReport[] = [];
  const wrong: WrongResults = new Map();
  try {
    for (const task of pset.tasks) tasks.push(await checkTask(pset, task, student, cases, wrong));
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

/**
 * Formats a report: one line per function, followed by its smallest failing example and the lines
 * that the function printed, and at the end the points.
 */
export function reportLines({ pset, points, maxPoints, tasks }: PsetReport): string[] {
  const longest = Math.max(...tasks.map(({ task }) => task.length));
  const lines = tasks.flatMap(({ task, pass, message, example, printed = [] }) => {
    const text = message === 'pass' ? '' : message;
    const line = `${pass ? 'pass' : 'FAIL'}  ${task.padEnd(longest)}  ${text}`.trimEnd();
    const prints = printed.map((one) => `      printed  ${one}`);
    if (example === undefined) return [line, ...prints];
    const { expected, got } = example;
    const digits = got === 'throws' ? undefined : digitsThatDiffer(expected, got);
    const args = Object.entries(example.args).map(([name, value]) => `${name} = ${format(value)}`);
    return [
      line,
      `      ${args.join(', ')}`,
      `      expected ${format(expected, digits)}`,
      `      got      ${got === 'throws' ? 'an error' : format(got, digits)}`,
      ...prints,
    ];
  });
  return [...lines, `${pset}: ${points} of ${maxPoints} points`];
}
