import { createHash } from 'node:crypto';
import { existsSync, realpathSync } from 'node:fs';
import { readdir, readFile, readlink, realpath } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import * as v from 'valibot';
import { InputError, show } from '../../lib/errors.ts';
import { makeFolder } from '../../lib/files/makeFolder.ts';
import { readBytes } from '../../lib/files/readFile.ts';
import { writeFileAtomic } from '../../lib/files/writeFileAtomic.ts';
import { escape } from '../../report/html.ts';
import { STYLE } from '../../report/style.ts';
import type { PsetReport } from './check.ts';

/** The folder of a submission, and its grade. */
export interface Grade {
  readonly dir: string;
  readonly report: PsetReport;
}

/**
 * Returns the path of the file that a student has submitted.
 *
 * Errors: a folder without a solution.ts or solution.js.
 */
export function solutionIn(dir: string): string {
  const file = ['solution.ts', 'solution.js']
    .map((name) => join(dir, name))
    .find((one) => existsSync(one));
  if (file === undefined)
    throw new InputError(`${dir}: expected solution.ts or solution.js, found neither`);
  return file;
}

/**
 * Grades folders, several at the same time. Each report is stored in `out` under a hash of the
 * folder and the key. So an interrupted run continues where it stopped, and a submission that has
 * changed is graded again. The hash includes the folder's path and the files in the folder, which
 * are the only files that a submission can import, so a submission never gets the report of
 * another.
 *
 * Errors: a folder without a solution; a folder that is named twice. These errors are thrown before
 *          grading starts.
 * @param key everything else on which a report depends, such as the problem set and the seed.
 *
 *     const check = (file: string) => checkPset(pset, new Student(file, LIMITS), new Rng(0));
 *     const grades = await gradeAll(['ann', 'bob'], 'out', 2, 'linear 0', check);
 */
export async function gradeAll(
  dirs: readonly string[],
  out: string,
  jobs: number,
  key: string,
  check: (file: string) => Promise<PsetReport>,
): Promise<Grade[]> {
  dirs.forEach(solutionIn);
  const paths = dirs.map((dir) => realpathSync(dir));
  const again = dirs.find((_, k) => paths.indexOf(paths[k]) < k);
  if (again !== undefined)
    throw new InputError(`expected each folder once, got ${show(again)} again`);
  const kept = join(out, 'kept');
  await makeFolder(kept);
  const grades: Grade[] = [];
  const waiting = [...dirs.entries()];
  const work = async () => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const [k, dir] = next;
      const store = join(kept, `${await submissionHash(dir, key)}.json`);
      let report = await readReport(store);
      if (report === undefined) {
        report = await check(solutionIn(dir));
        await writeFileAtomic(store, JSON.stringify(report));
      }
      grades[k] = { dir, report };
    }
  };
  await Promise.all(Array.from({ length: jobs }, work));
  return grades;
}

/** Returns a hash of the key, the folder's path, and the names and contents of all files in it. */
async function submissionHash(dir: string, key: string): Promise<string> {
  const hash = createHash('sha256').update(JSON.stringify([key, await realpath(dir)]));
  const add = async (folder: string) => {
    const entries = await readdir(join(dir, folder), { withFileTypes: true });
    for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
      // The grader does not allow imports from node_modules, so they need not be hashed.
      if (entry.name === 'node_modules') continue;
      const name = join(folder, entry.name);
      const path = join(dir, name);
      if (entry.isDirectory()) await add(name);
      else if (entry.isSymbolicLink()) hash.update(JSON.stringify([name, await readlink(path)]));
      else if (entry.isFile()) {
        const content = createHash('sha256').update(await readBytes(path));
        hash.update(JSON.stringify([name, content.digest('hex')]));
      }
    }
  };
  await add('');
  return hash.digest('hex').slice(0, 32);
}

/**
 * The schema of a report in a file. Examples are not stored, because JSON has no NaN and the table
 * does not show them.
 */
const KEPT = v.object({
  pset: v.string(),
  points: v.number(),
  maxPoints: v.number(),
  tasks: v.array(
    v.object({
      task: v.string(),
      pass: v.boolean(),
      points: v.number(),
      maxPoints: v.number(),
      message: v.string(),
    }),
  ),
});

/** Reads a report from its file. Returns undefined if there is no such file or if it is damaged. */
async function readReport(file: string): Promise<PsetReport | undefined> {
  const text = await readFile(file, 'utf8').catch(() => '');
  try {
    return v.parse(KEPT, JSON.parse(text));
  } catch {
    return undefined;
  }
}

/**
 * Returns the names of the submissions' folders. If two names are equal, returns the folders as
 * they were given.
 */
function namesOf(grades: readonly Grade[]): string[] {
  const names = grades.map(({ dir }) => basename(resolve(dir)));
  return new Set(names).size === names.length ? names : grades.map(({ dir }) => dir);
}

/**
 * Makes a CSV table (RFC 4180) with one line per submission, which has the points and the message
 * for each function.
 */
export function gradesCsv(grades: readonly Grade[]): string {
  const tasks = grades[0].report.tasks.map(({ task }) => task);
  // A spreadsheet would interpret a text that begins with =, +, − or @ as a formula.
  const cell = (text: string) => `"${text.replace(/^[=+\-@]/, "'$&").replaceAll('"', '""')}"`;
  const names = namesOf(grades);
  const rows = grades.map(({ report }, k) =>
    [
      cell(names[k]),
      report.points,
      report.maxPoints,
      ...report.tasks.flatMap(({ points, message }) => [points, cell(message)]),
    ].join(','),
  );
  const head = [
    'submission',
    'points',
    'max points',
    ...tasks.flatMap((task) => [task, `${task} result`]),
  ].join(',');
  return [head, ...rows, ''].join('\r\n');
}

/**
 * Makes an HTML page with a table of all submissions and the frequency of each message. It needs no
 * other files.
 */
export function gradesHtml(pset: string, grades: readonly Grade[]): string {
  const tasks = grades[0].report.tasks.map(({ task }) => task);
  const counts = new Map<string, number>();
  for (const { report } of grades) {
    for (const { task, message } of report.tasks) {
      const line = `${task}: ${message}`;
      counts.set(line, (counts.get(line) ?? 0) + 1);
    }
  }
  const row = (cells: readonly string[], kind = 'td') =>
    `<tr>${cells.map((c) => `<${kind}>${c}</${kind}>`).join('')}</tr>`;
  const names = namesOf(grades);
  const lines = grades.map(({ report }, k) =>
    row([
      escape(names[k]),
      `${report.points}/${report.maxPoints}`,
      ...report.tasks.map(
        ({ pass, message }) => `<span class="${pass ? 'good' : 'bad'}">${escape(message)}</span>`,
      ),
    ]),
  );
  const frequencies = [...counts]
    .sort((a, b) => b[1] - a[1])
    .map(([line, count]) => row([String(count), escape(line)]));
  return (
    `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">` +
    `<title>${escape(pset)}</title><style>${STYLE}td, th { text-align: left; padding: 0.2rem 0.6rem; vertical-align: top; }td span { display: block; min-width: 9rem; }</style>` +
    `<h1>${escape(pset)}: ${grades.length} submissions</h1><div class="scroll"><table>` +
    `${row(['submission', 'points', ...tasks.map(escape)], 'th')}${lines.join('')}</table></div>` +
    `<h2>Results by frequency</h2><div class="scroll"><table>${frequencies.join('')}</table></div></html>\n`
  );
}
