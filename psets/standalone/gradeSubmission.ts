import { chmodSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { Rng } from '../../lib/rng.ts';
import { checkPset, type PsetReport } from '../grader/check.ts';
import type { Pset } from '../grader/pset.ts';
import type { Limits } from '../grader/student.ts';
import { BoundedStudent } from './boundedStudent.ts';
import { confinedProcess } from './confinedProcess.ts';
import { findSolution } from './findSolution.ts';
import { prepareNode } from './prepareNode.ts';
import { endProcesses } from './studentUser.ts';
import type { SetGrade, SubmissionGrade } from './submissionGrade.ts';
import { copyScripts, listFiles } from './submissionFiles.ts';

/** The limits of a submission in a course's grading system, where students wait for the grade. */
const QUICK: Limits = { seconds: 2, memory: 256, loadSeconds: 6, waitSeconds: 2.5 };

/**
 * Grades a submission that may contain anything. Its scripts are copied to a new folder, and run
 * there in a process with few rights, which has ended when this function returns.
 *
 * @param program the source of `studentProgram`.
 */
export async function gradeSubmission(
  folder: string,
  psets: readonly Pset[],
  program: string,
): Promise<SubmissionGrade> {
  const { files, notes } = listFiles(folder);
  const place = mkdtempSync(join(tmpdir(), 'boxprop-'));
  chmodSync(place, 0o755);
  const { node, user } = prepareNode(place);
  const sets: SetGrade[] = [];
  const more: string[] = [];
  try {
    for (const [k, pset] of psets.entries()) {
      const file = findSolution(files, pset.name, psets.length === 1);
      if (file === undefined) {
        sets.push({ title: pset.title, file, report: missing(pset, files) });
        continue;
      }
      const root = dirname(file);
      const own = files.filter((one) => root === '.' || one.startsWith(`${root}/`));
      const copy = join(place, String(k));
      mkdirSync(copy, { mode: 0o755 });
      more.push(
        ...copyScripts(
          join(folder, root),
          own.map((one) => relative(root, one)),
          copy,
        ),
      );
      const start = confinedProcess(program, node, user);
      const student = new BoundedStudent(join(copy, relative(root, file)), QUICK, start);
      const report = await checkPset(pset, student, new Rng(pset.recordedSeed ?? 0));
      sets.push({ title: pset.title, file, report: withoutPath(report, `${copy}/`) });
    }
  } finally {
    if (user !== undefined) endProcesses(user);
    rmSync(place, { recursive: true, force: true });
  }
  return { sets, notes: [...new Set([...notes, ...more])] };
}

/** Removes the path of the copy from the messages, such as those about an import. */
function withoutPath(report: PsetReport, path: string): PsetReport {
  const tasks = report.tasks.map((task) => {
    return { ...task, message: task.message.replaceAll(path, '') };
  });
  return { ...report, tasks };
}

/** Makes the report of a problem set for which nothing was submitted. */
function missing(pset: Pset, files: readonly string[]): PsetReport {
  const found = files.length === 0 ? 'no file' : files.slice(0, 10).join(', ');
  const message = `missing: expected solution.ts or solution.js, found ${found}`;
  const tasks = pset.tasks.map(({ name, points }) => {
    return { task: name, pass: false, points: 0, maxPoints: points, message };
  });
  const maxPoints = tasks.reduce((sum, task) => sum + task.maxPoints, 0);
  return { pset: pset.name, points: 0, maxPoints, tasks };
}
