import type { SubmissionGrade } from './submissionGrade.ts';
import { namedTasks, totals } from './systemResult.ts';

/** The environment variables in which Classroom 50 describes a submission. */
export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Makes the content of Classroom 50's result.json, whose points are integers.
 *
 * @see https://github.com/foundation50/classroom50
 */
export function classroom50Result(grade: SubmissionGrade, environment: Environment, now: Date) {
  const { CLASSROOM, ASSIGNMENT, SUBMISSION_TAG, COMMIT_URL, RELEASE_URL, REVIEW_URL } =
    environment;
  const unit = integerUnit(namedTasks(grade).map(({ task }) => task.maxPoints));
  const { points, maxPoints } = totals(grade);
  return {
    schema: 'classroom50/result/v1',
    classroom: CLASSROOM ?? '',
    assignment: ASSIGNMENT ?? '',
    submission: SUBMISSION_TAG ?? '',
    commit: COMMIT_URL ?? '',
    release: RELEASE_URL ?? '',
    review: REVIEW_URL === undefined || REVIEW_URL === '' ? (COMMIT_URL ?? '') : REVIEW_URL,
    datetime: now.toISOString().replace(/\.\d+Z$/, 'Z'),
    score: Math.round(points * unit),
    'max-score': Math.round(maxPoints * unit),
    tests: namedTasks(grade).map(({ task, name }) => ({
      'test-name': task.pass ? name : `${name}: ${task.message}`,
      passed: task.pass,
      score: Math.round(task.points * unit),
      'max-score': Math.round(task.maxPoints * unit),
    })),
  };
}

/** Returns the smallest power of ten that makes all numbers integers, and at most 1000. */
function integerUnit(numbers: readonly number[]): number {
  const whole = (unit: number) =>
    numbers.every((value) => Math.abs(value * unit - Math.round(value * unit)) < 1e-9);
  return [1, 10, 100].find(whole) ?? 1000;
}
