import { reportLines, type PsetReport, type TaskReport } from '../grader/check.ts';

/** Returns what a student reads about one function: the verdict and the smallest example. */
export function taskText(report: PsetReport, task: TaskReport): string {
  const lines = reportLines({ ...report, tasks: [task] }).slice(0, -1);
  return lines.join('\n');
}
