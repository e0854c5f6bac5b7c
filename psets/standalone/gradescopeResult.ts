import { duration } from './lateness.ts';
import type { SubmissionGrade } from './submissionGrade.ts';
import { namedTasks, summaryText, totals } from './systemResult.ts';
import { taskText } from './taskText.ts';

/**
 * Makes the content of Gradescope's results.json.
 *
 * @param late the seconds after the due date, or undefined if there is no due date.
 * @see https://gradescope-autograders.readthedocs.io/en/latest/specs/
 */
export function gradescopeResult(
  grade: SubmissionGrade,
  late: number | undefined,
  seconds: number,
) {
  const lateText =
    late === undefined || late === 0
      ? undefined
      : `late: submitted ${duration(late)} after the due date`;
  return {
    score: totals(grade).points,
    execution_time: seconds,
    output: summaryText(grade, lateText),
    output_format: 'text',
    visibility: 'visible',
    stdout_visibility: 'hidden',
    extra_data: { seconds_late: late ?? null },
    tests: namedTasks(grade).map(({ report, task, name, number }) => ({
      score: task.points,
      max_score: task.maxPoints,
      status: task.pass ? 'passed' : 'failed',
      name,
      number,
      output: taskText(report, task),
      output_format: 'text',
      visibility: 'visible',
    })),
  };
}
