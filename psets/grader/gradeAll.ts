import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { InputError } from '../../lib/errors.ts';
import { writeFileAtomic } from '../../lib/files/writeFileAtomic.ts';
import { escape } from '../../report/html.ts';
import { STYLE } from '../../report/style.ts';
import type { PsetReport } from './check.ts';

/** The folder of a submission, and its result. */
export interface Grade {
  readonly dir: string;
  readonly report: PsetReport;
}

/**
 * Returns the file that a student submitted.
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
 * Grades folders, several at a time. Each report is stored in `out` under a hash of the file and
 * the key. An interrupted run therefore continues where it stopped, and a changed file is graded
 * again.
 *
 * @param key a text with everything else on which a report depends, such as the problem set and the
 *   seed.
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
  const kept = join(out, 'kept');
  await mkdir(kept, { recursive: true });
  const grades: Grade[] = [];
  const waiting = [...dirs.entries()];
  const work = async () => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const [k, dir] = next;
      const file = solutionIn(dir);
      const hash = createHash('sha256')
        .update(key)
        .update(await readFile(file))
        .digest('hex')
        .slice(0, 32);
      const store = join(kept, `${hash}.json`);
      let report: PsetReport;
      if (existsSync(store)) report = JSON.parse(await readFile(store, 'utf8')) as PsetReport;
      else {
        report = await check(file);
        await writeFileAtomic(store, JSON.stringify(report));
      }
      grades[k] = { dir, report };
    }
  };
  // Throws for a folder without a solution before any solution is graded.
  dirs.forEach(solutionIn);
  await Promise.all(Array.from({ length: jobs }, work));
  return grades;
}

const nameOf = (dir: string) => basename(resolve(dir));

/**
 * Makes a CSV table (RFC 4180): one line per submission, with the points and message of each
 * function.
 */
export function gradesCsv(grades: readonly Grade[]): string {
  const tasks = grades[0].report.tasks.map(({ task }) => task);
  // A spreadsheet would read a text that begins with =, +, − or @ as a formula.
  const cell = (text: string) => `"${text.replace(/^[=+\-@]/, "'$&").replaceAll('"', '""')}"`;
  const rows = grades.map(({ dir, report }) =>
    [
      cell(nameOf(dir)),
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
 * Makes a self-contained page with a table of all submissions and the frequency of each message.
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
  const lines = grades.map(({ dir, report }) =>
    row([
      escape(nameOf(dir)),
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
