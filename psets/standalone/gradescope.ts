import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Pset } from '../grader/pset.ts';
import { gradescopeResult } from './gradescopeResult.ts';
import { gradeSubmission } from './gradeSubmission.ts';
import { secondsLate } from './lateness.ts';
import { replaceFile } from './replaceFile.ts';
import { readText } from './submissionFiles.ts';

/**
 * Grades the submission in Gradescope's folder, which is `/autograder` there, and writes
 * `results/results.json`.
 */
export async function gradeForGradescope(
  root: string,
  psets: readonly Pset[],
  program: string,
): Promise<void> {
  const begin = Date.now();
  const grade = await gradeSubmission(join(root, 'submission'), psets, program);
  const late = secondsLate(readText(join(root, 'submission_metadata.json')));
  const result = gradescopeResult(grade, late, Math.ceil((Date.now() - begin) / 1000));
  const folder = join(root, 'results');
  mkdirSync(folder, { recursive: true });
  replaceFile(join(folder, 'results.json'), `${JSON.stringify(result)}\n`);
}
