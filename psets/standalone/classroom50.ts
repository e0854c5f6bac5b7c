import type { Pset } from '../grader/pset.ts';
import { classroom50Result, type Environment } from './classroom50Result.ts';
import { gradeSubmission } from './gradeSubmission.ts';
import { replaceFile } from './replaceFile.ts';
import { namedTasks, summaryText } from './systemResult.ts';
import { taskText } from './taskText.ts';

/**
 * Grades the submission in the current folder for Classroom 50, writes `result.json` there, and
 * prints the verdicts for the log.
 */
export async function gradeForClassroom50(
  psets: readonly Pset[],
  program: string,
  environment: Environment,
): Promise<string> {
  const grade = await gradeSubmission('.', psets, program);
  const result = classroom50Result(grade, environment, new Date());
  replaceFile('result.json', `${JSON.stringify(result, undefined, 2)}\n`);
  const verdicts = namedTasks(grade).map(({ report, task }) => taskText(report, task));
  return [...verdicts, summaryText(grade)].join('\n');
}
