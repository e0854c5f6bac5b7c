import type { Grade } from './grade.ts';
import { namesOf } from './names.ts';

/**
 * Makes a CSV table (RFC 4180) with one line per submission, which has the points and the message
 * for each function.
 */
export function gradesCsv(grades: readonly Grade[]): string {
  const tasks = grades[0].report.tasks.map(({ task }) => task);
  // A spreadsheet would interpret a text that begins with =, +, − or @ as a formula.
  const cell = (text: string) => `"${text.replace(/^[=+\-@]/, "'$&").replaceAll('"', '""')}"`;
  const names = namesOf(grades.map(({ dir }) => dir));
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
