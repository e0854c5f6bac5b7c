/**
 * `npm run coverage [-- JEST ARGUMENTS]`: prints for each folder the share of lines and branches
 * that the specs of `npm test` run. coverage/index.html shows every line. Lines that run only in
 * other processes, such as commands and workers, are not counted.
 */
import { readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import Table from 'cli-table3';
import { runJest } from '../support/jest.ts';
import { ROOT } from '../support/runCommand.ts';

const { include } = JSON.parse(readFileSync(join(ROOT, 'tsconfig.build.json'), 'utf8')) as {
  include: string[];
};
const folders = include.filter((entry) => !entry.endsWith('.ts'));

const { failed } = await runJest(
  [
    '--coverage',
    // The V8 provider would also count comment lines.
    '--coverageProvider=babel',
    ...['json-summary', 'html'].map((reporter) => `--coverageReporters=${reporter}`),
    // Files that no spec loads count too. Jest finds them only if their folders are roots.
    ...folders.flatMap((folder) => [`--roots=<rootDir>/${folder}`]),
    '--roots=<rootDir>/spec',
    ...folders.map((folder) => `--collectCoverageFrom=${folder}/**/*.ts`),
    '--collectCoverageFrom=!psets/*/skeleton*',
    ...process.argv.slice(2),
  ],
  { tier: 'fast' },
);

interface Share {
  readonly total: number;
  readonly covered: number;
}
type Summary = Readonly<Record<'lines' | 'branches', Share>>;

const summaries = JSON.parse(
  readFileSync(join(ROOT, 'coverage/coverage-summary.json'), 'utf8'),
) as Readonly<Record<string, Summary>>;
const files = Object.entries(summaries).filter(([path]) => path !== 'total');

const table = new Table({
  head: ['folder', 'files', 'lines', 'branches'],
  colAligns: ['left', 'right', 'right', 'right'],
  style: { head: [], border: [], compact: true },
});
function addRow(name: string, chosen: readonly Summary[]): void {
  const share = (key: keyof Summary) => {
    const sum = (of: keyof Share) => chosen.reduce((total, entry) => total + entry[key][of], 0);
    return `${((100 * sum('covered')) / sum('total')).toFixed(1)} %`;
  };
  table.push([name, chosen.length, share('lines'), share('branches')]);
}
for (const folder of folders) {
  const inside = files.filter(([path]) => relative(ROOT, path).startsWith(`${folder}${sep}`));
  addRow(
    folder,
    inside.map(([, summary]) => summary),
  );
}
addRow(
  'all',
  files.map(([, summary]) => summary),
);
console.log(table.toString());
process.exitCode = failed > 0 ? 1 : 0;
