import type { Pset } from '../grader/pset.ts';
import type { SubmissionGrade } from '../standalone/submissionGrade.ts';

/**
 * Returns the grade that stands in the result until the grader has finished: no points, and the
 * reason. So there is a valid result even if the grader cannot start.
 */
export function failedGrade(psets: readonly Pset[]): SubmissionGrade {
  const message = 'not graded: the grader did not finish; please tell your lecturer';
  const sets = psets.map((pset) => {
    const tasks = pset.tasks.map(({ name, points }) => {
      return { task: name, pass: false, points: 0, maxPoints: points, message };
    });
    const maxPoints = tasks.reduce((sum, task) => sum + task.maxPoints, 0);
    const report = { pset: pset.name, points: 0, maxPoints, tasks };
    return { title: pset.title, file: undefined, report };
  });
  return { sets, notes: [message] };
}

/** The time after which a grader is ended, in seconds. A problem set takes at most about 10. */
export function longest(psets: readonly Pset[]): number {
  return 20 + 20 * psets.length;
}
