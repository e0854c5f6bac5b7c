import { writeFileSync } from 'node:fs';
import { Command } from 'commander';
import type { GradcheckReport } from '../../gradcheck/index.ts';
import { integerOption } from '../../cli/options.ts';
import { HOSTS } from '../support/hosts.ts';
import { INPUT_KINDS, REAL_SIZES, type RealResult } from '../support/realSizes.ts';

/**
 * `npm run parity`: writes the tables of docs/parity.md. For each box and backend they show the
 * largest difference of outputs and gradients from float64, relative to the scale of the tensor:
 * for small random cases, and at the sizes of real networks. The page lists the backends that were
 * not available.
 */

/**
 * The largest number of input values of a case on a GPU in software, where larger cases take
 * minutes.
 */
const LARGEST_ON_CARDS = 1 << 17;

const { cases, out } = new Command('parity')
  .description('how far every box is from float64, on every backend that is here')
  .option('--cases <n>', 'cases per box', integerOption('--cases', 1), 8)
  .option('--out <file>', 'where the tables go', 'docs/parity.md')
  .parse()
  .opts<{ cases: number; out: string }>();

interface Column {
  readonly host: string;
  readonly report: GradcheckReport;
  readonly real: readonly RealResult[];
}

const columns: Column[] = [];
const missing: string[] = [];
for (const [host, { backend, open }] of Object.entries(HOSTS)) {
  try {
    const page = await open();
    try {
      const report = await page.call<GradcheckReport>('parity', backend, { cases });
      const limit = backend.startsWith('web') ? { largest: LARGEST_ON_CARDS } : {};
      const real = await page.call<RealResult[]>('realSizes', backend, limit);
      columns.push({ host, report, real });
      const messages = [
        ...report.results.flatMap(({ name, message }) => (message ? [`${name}: ${message}`] : [])),
        ...real.flatMap(({ failures }) => failures),
      ];
      console.log(`${host}: ${messages.length === 0 ? 'pass' : 'FAIL'}`);
      messages.forEach((message) => console.log(`  ${message}`));
    } finally {
      await page.close();
    }
  } catch (error) {
    missing.push(host);
    console.log(`${host}: left out: ${String(error).trim().split('\n').at(-1)}`);
  }
}

/** An error and whether it passes. */
interface Compared {
  readonly maxError: number;
  readonly pass: boolean;
}

/**
 * Formats the largest error, or `fails`. A failure has no number, because JSON has turned a NaN
 * into null.
 */
function cell(compared: readonly Compared[]): string {
  if (compared.length === 0) return '';
  if (compared.some(({ pass }) => !pass)) return 'fails';
  return Math.max(...compared.map(({ maxError }) => maxError)).toExponential(1);
}

const row = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;

/** Writes a table with a row for each name, and the largest error of each column. */
function table(
  first: string,
  names: readonly string[],
  of: (column: Column, name: string) => readonly Compared[],
): string {
  const all = (column: Column) => names.flatMap((name) => of(column, name));
  return [
    row([first, ...columns.map(({ host }) => host)]),
    row(['---', ...columns.map(() => '---')]),
    ...names.map((name) => row([name, ...columns.map((column) => cell(of(column, name)))])),
    row(['**largest**', ...columns.map((column) => `**${cell(all(column))}**`)]),
  ].join('\n');
}

const boxes = [...new Set(columns.flatMap(({ report }) => report.results.map(({ name }) => name)))];
const random = table('box', boxes, ({ report }, box) =>
  report.results.filter(({ name }) => name === box),
);
const real = INPUT_KINDS.map((kind) => {
  const configs = REAL_SIZES.filter(({ kinds }) => kinds.includes(kind)).map((item) => item.config);
  const rows = table(`values ${kind}`, configs, (column, config) =>
    column.real
      .filter((result) => result.config === config && result.kind === kind)
      .map(({ maxError, failures }) => ({ maxError, pass: failures.length === 0 })),
  );
  return `### Values ${kind}\n\n${rows}\n`;
});
const absent =
  missing.length > 0 ? `\nNot there when these tables were made: ${missing.join(', ')}.\n` : '';
writeFileSync(
  out,
  `# Every box on every backend

The tables show the largest difference between a backend's outputs and gradients and those in double precision, as a
share of the scale of the tensor. \`npm run parity -- --cases ${cases}\` makes these tables. webgl and webgpu run on
SwiftShader, a GPU in software.
${absent}
## Small random cases

The cases have up to a few dozen values and use every option. Each box has ${cases} cases.

${random}

## The sizes of real networks

Boxes in training, on inputs as large as those of real networks. Long sums lose digits that the small cases keep, and
so do values far from 0. The last of these tables has inputs whose values are all equal. A case passes up to 1e-5;
convolutions and Linear, whose kernels add up to 50,176 terms one after another in single precision, up to 2e-5.
DivisiveNorm2D far from 0 is left out, because there its maximum has a kink. On webgl and webgpu, cases of more
than ${LARGEST_ON_CARDS.toLocaleString('en')} input values are left out, because they take minutes on a GPU in software.

"fails" marks an error above its bound.

${real.join('\n')}`,
);
process.exitCode = columns.every(
  ({ report, real }) => report.pass && real.every(({ failures }) => failures.length === 0),
)
  ? 0
  : 1;
