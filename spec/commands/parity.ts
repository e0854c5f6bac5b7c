import { writeFileSync } from 'node:fs';
import { Command } from 'commander';
import type { GradcheckReport } from '../../gradcheck/index.ts';
import { integerOption } from '../../cli/options.ts';
import { HOSTS } from '../support/hosts.ts';

/**
 * `npm run parity`: writes the table of docs/parity.md. For each box and backend it shows the
 * largest difference of outputs and gradients from float64, relative to the scale of the tensor.
 * The page lists the backends that were not available.
 */

const { cases, out } = new Command('parity')
  .description('how far every box is from float64, on every backend that is here')
  .option('--cases <n>', 'cases a box', integerOption('--cases', 1), 8)
  .option('--out <file>', 'where the table goes', 'docs/parity.md')
  .parse()
  .opts<{ cases: number; out: string }>();

const columns: { host: string; report: GradcheckReport }[] = [];
const missing: string[] = [];
for (const [host, { backend, open }] of Object.entries(HOSTS)) {
  try {
    const page = await open();
    try {
      columns.push({
        host,
        report: await page.call<GradcheckReport>('parity', backend, { cases }),
      });
      console.log(`${host}: ${columns.at(-1)?.report.pass ? 'pass' : 'FAIL'}`);
    } finally {
      await page.close();
    }
  } catch (error) {
    missing.push(host);
    console.log(`${host}: left out: ${String(error).trim().split('\n').at(-1)}`);
  }
}

const boxes = [...new Set(columns.flatMap(({ report }) => report.results.map(({ name }) => name)))];
const worst = ({ results }: GradcheckReport, box: string) =>
  Math.max(...results.filter(({ name }) => name === box).map(({ maxError }) => maxError));
const row = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
const table = [
  row(['box', ...columns.map(({ host }) => host)]),
  row(['---', ...columns.map(() => '---')]),
  ...boxes.map((box) =>
    row([box, ...columns.map(({ report }) => worst(report, box).toExponential(1))]),
  ),
  row([
    '**largest**',
    ...columns.map(
      ({ report }) => `**${Math.max(...boxes.map((box) => worst(report, box))).toExponential(1)}**`,
    ),
  ]),
];
const absent =
  missing.length > 0 ? `\nNot there when this table was made: ${missing.join(', ')}.\n` : '';
writeFileSync(
  out,
  `# Every box on every backend

The largest difference between a backend's outputs and gradients and those in double precision, as a share of the
scale of the tensor, over ${cases} cases a box. \`npm run parity -- --cases ${cases}\` makes this table. webgl and webgpu run on
SwiftShader, a GPU in software.
${absent}
${table.join('\n')}
`,
);
process.exitCode = columns.every(({ report }) => report.pass) ? 0 : 1;
