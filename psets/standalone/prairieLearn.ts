import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Pset } from '../grader/pset.ts';
import { gradeSubmission } from './gradeSubmission.ts';
import { prairieLearnResult } from './prairieLearnResult.ts';
import { replaceFile } from './replaceFile.ts';

/**
 * Grades the submission in PrairieLearn's folder, which is `/grade` there, and writes
 * `results/results.json`.
 */
export async function gradeForPrairieLearn(
  root: string,
  psets: readonly Pset[],
  program: string,
): Promise<void> {
  const grade = await gradeSubmission(join(root, 'student'), psets, program);
  const folder = join(root, 'results');
  mkdirSync(folder, { recursive: true });
  replaceFile(join(folder, 'results.json'), `${JSON.stringify(prairieLearnResult(grade))}\n`);
}
