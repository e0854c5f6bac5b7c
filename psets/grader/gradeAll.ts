import { existsSync, realpathSync, statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as v from 'valibot';
import { InputError, show } from '../../lib/errors.ts';
import { makeFolder } from '../../lib/files/makeFolder.ts';
import { writeFileAtomic } from '../../lib/files/writeFileAtomic.ts';
import { GRADED_REPORT, gradedReport, type Grade, type GradedReport } from '../class/grade.ts';
import { submissionFiles } from '../class/submissionFiles.ts';
import type { PsetReport } from './check.ts';

/**
 * Returns the path of the file that a student has submitted.
 *
 * Errors: a folder without a solution.ts or solution.js.
 */
export function solutionIn(dir: string): string {
  const file = solutionFile(dir);
  if (file === undefined)
    throw new InputError(`${dir}: expected solution.ts or solution.js, found neither`);
  return file;
}

function solutionFile(dir: string): string | undefined {
  return ['solution.ts', 'solution.js']
    .map((name) => join(dir, name))
    .find((one) => existsSync(one));
}

/** The settings for the grading of a class. */
export interface GradeSettings {
  /** The folder in which reports are kept. */
  readonly out: string;
  /** How many submissions are graded at the same time. */
  readonly jobs: number;
  /** Everything else on which a report depends, such as the problem set and the seed. */
  readonly key: string;
  /** Grades one file. */
  readonly check: (file: string) => Promise<PsetReport>;
  /** The report of a folder without a solution. */
  readonly missing: GradedReport;
}

/**
 * Grades folders, several at the same time. Each report is stored in `out` under a hash of the
 * folder and the key. So an interrupted run continues where it stopped, and a submission that has
 * changed is graded again. The hash includes the folder's path and the files in the folder, which
 * are the only files that a submission can import, so a submission never gets the report of
 * another. A folder without a solution gets no points.
 *
 * Errors: a folder that does not exist; a folder that is named twice. These errors are thrown
 *         before grading starts.
 *
 *     const settings = { out: 'grades', jobs: 2, key: 'linear 0', check, missing };
 *     const grades = await gradeAll(['ann', 'bob'], settings);
 */
export async function gradeAll(
  dirs: readonly string[],
  { out, jobs, key, check, missing }: GradeSettings,
): Promise<Grade[]> {
  for (const dir of dirs) {
    if (!statSync(dir, { throwIfNoEntry: false })?.isDirectory())
      throw new InputError(`${dir}: expected the folder of a submission, found none`);
  }
  const paths = dirs.map((dir) => realpathSync(dir));
  const again = dirs.find((_, k) => paths.indexOf(paths[k]) < k);
  if (again !== undefined)
    throw new InputError(`expected each folder once, got ${show(again)} again`);
  const kept = join(out, 'kept');
  await makeFolder(kept);
  const gradeOne = async (dir: string): Promise<Grade> => {
    const file = solutionFile(dir);
    if (file === undefined) return { dir, report: missing, code: '' };
    const { hash, code } = await submissionFiles(dir, key);
    const store = join(kept, `${hash}.json`);
    let report = await readReport(store);
    if (report === undefined) {
      report = gradedReport(await check(file));
      await writeFileAtomic(store, JSON.stringify(report));
    }
    return { dir, report, code };
  };
  const grades: Grade[] = [];
  const waiting = [...dirs.entries()];
  const work = async () => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const [k, dir] = next;
      grades[k] = await gradeOne(dir);
    }
  };
  await Promise.all(Array.from({ length: jobs }, work));
  return grades;
}

/** Reads a report from its file. Returns undefined if there is no such file or if it is damaged. */
async function readReport(file: string): Promise<GradedReport | undefined> {
  const text = await readFile(file, 'utf8').catch(() => '');
  try {
    return v.parse(GRADED_REPORT, JSON.parse(text));
  } catch {
    return undefined;
  }
}
