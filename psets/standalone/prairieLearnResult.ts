import type { SubmissionGrade } from './submissionGrade.ts';
import { namedTasks, summaryText, totals } from './systemResult.ts';
import { taskText } from './taskText.ts';

/** Makes the content of PrairieLearn's results.json, whose score is a share from 0 to 1. */
export function prairieLearnResult(grade: SubmissionGrade) {
  const { points, maxPoints } = totals(grade);
  return {
    gradable: true,
    score: maxPoints === 0 ? 0 : points / maxPoints,
    output: summaryText(grade),
    tests: namedTasks(grade).map(({ report, task, name }) => ({
      name,
      points: task.points,
      max_points: task.maxPoints,
      message: task.message,
      output: taskText(report, task),
    })),
  };
}
