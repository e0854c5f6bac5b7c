import type { RuntimeRow, Trial } from './trials.ts';

/** Formats the results as two tables of Markdown, aligned as Prettier aligns them. */
export function formatTables(rows: readonly RuntimeRow[], trials: readonly Trial[]): string {
  const columns = Object.keys(rows[0].results);
  const runtimes = table([
    ['runtime', ...columns.map((column) => `\`${column}\``)],
    ...rows.map(({ name, version, results }) => [
      `${name.split(' ')[0]} ${version}`,
      ...columns.map((column) => results[column]),
    ]),
  ]);
  const others = table([['what', 'works'], ...trials.map(({ what, result }) => [what, result])]);
  return `${runtimes}\n\n${others}`;
}

function table([head, ...rows]: readonly (readonly string[])[]): string {
  const widths = head.map((_, k) => Math.max(3, ...[head, ...rows].map((row) => row[k].length)));
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, k) => cell.padEnd(widths[k])).join(' | ')} |`;
  return [line(head), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)].join('\n');
}
