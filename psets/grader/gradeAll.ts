import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { InputError } from '../../lib/errors.ts';
import { writeFileAtomic } from '../../lib/files/writeFileAtomic.ts';
import { escape } from '../../report/html.ts';
import { STYLE } from '../../report/style.ts';
import type { PsetReport } from './check.ts';

/** A submission's folder, and what it came to. */
export interface Grade {
  readonly dir: string;
  readonly report: PsetReport;
}

/** The file that a student has written. Errors: a folder without one. */
export function solutionIn(dir: string): string {
  const file = ['solution.ts', 'solution.js']
    .map((name) => join(dir, name))
    .find((one) => existsSync(one));
  if (file === undefined)
    throw new InputError(`${dir}: expected solution.ts or solution.js, found neither`);
  return file;
}

/**
 * Grades folders, some at a time. What is graded is kept in `out` under a hash of the file, the pset and the seed, so a
 * grading that was broken off goes on where it was, and a changed file is graded anew.
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
  dirs.forEach(solutionIn); // Refuses a folder without a solution before the first is graded.
  await Promise.all(Array.from({ length: jobs }, work));
  return grades;
}

const nameOf = (dir: string) => basename(resolve(dir));

/** One line per submission, with the points and the result of each function. RFC 4180. */
export function gradesCsv(grades: readonly Grade[]): string {
  const tasks = grades[0].report.tasks.map(({ task }) => task);
  // A spreadsheet takes a text that begins so for a formula.
  const cell = (text: string) => `"${text.replace(/^[=+\-@]/, "'$&").replaceAll('"', '""')}"`;
  const rows = grades.map(({ dir, report }) =>
    [
      cell(nameOf(dir)),
      report.points,
      report.maxPoints,
      ...report.tasks.flatMap(({ points, message: says }) => [points, cell(says)]),
    ].join(','),
  );
  const head = [
    'submission',
    'points',
    'of',
    ...tasks.flatMap((task) => [task, `${task} result`]),
  ].join(',');
  return [head, ...rows, ''].join('\r\n');
}

/** One page that needs no other file: the class, and the frequency of each result. */
export function gradesHtml(pset: string, grades: readonly Grade[]): string {
  const tasks = grades[0].report.tasks.map(({ task }) => task);
  const counts = new Map<string, number>();
  for (const { report } of grades) {
    for (const { task, message: says } of report.tasks) {
      const line = `${task}: ${says}`;
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
        ({ pass, message: says }) =>
          `<span class="${pass ? 'good' : 'bad'}">${escape(says)}</span>`,
      ),
    ]),
  );
  const said = [...counts]
    .sort((a, b) => b[1] - a[1])
    .map(([line, count]) => row([String(count), escape(line)]));
  return (
    `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">` +
    `<title>${escape(pset)}</title><style>${STYLE}td, th { text-align: left; padding: 0.2rem 0.6rem; vertical-align: top; }td span { display: block; min-width: 9rem; }</style>` +
    `<h1>${escape(pset)}: ${grades.length} submissions</h1><div class="scroll"><table>` +
    `${row(['submission', 'points', ...tasks.map(escape)], 'th')}${lines.join('')}</table></div>` +
    `<h2>Results by frequency</h2><div class="scroll"><table>${said.join('')}</table></div></html>\n`
  );
}
