import Table from 'cli-table3';
import { Command } from 'commander';
import type { ImageShape } from '../models/index.ts';
import type { Summary, SummaryRow } from '../inspect/summary/summarize.ts';
import { INPUT_OPTION, NETWORK_HELP } from './options.ts';
import { printLine } from './process.ts';

interface Options {
  readonly input?: ImageShape;
  readonly all?: boolean;
  readonly json?: boolean;
  readonly svg?: string;
}

/** Makes the command `boxprop summary NETWORK`. */
export function summaryCommand(): Command {
  return new Command('summary')
    .description('list the boxes of a network: shapes, parameters, multiply-adds, receptive fields')
    .argument('<network>', NETWORK_HELP)
    .addOption(INPUT_OPTION)
    .option('--all', 'also list pointwise boxes, Dropout and Flatten')
    .option('--json', 'print JSON')
    .option('--svg <file>', 'draw the network as SVG')
    .action(async (name: string, { input, all = false, json, svg }: Options) => {
      const { checkWritable } = await import('../lib/files/checkWritable.ts');
      if (svg !== undefined) await checkWritable(svg);
      const { resolveNetwork } = await import('./resolveNetwork.ts');
      const { zeros } = await import('../lib/init/initializers.ts');
      const { Rng } = await import('../lib/rng.ts');
      const { useBackend } = await import('../lib/backend/useBackend.ts');
      const { summarize } = await import('../inspect/summary/summarize.ts');
      const entry = await resolveNetwork(name);
      await useBackend();
      const inputShape = input ?? entry.inputShape;
      const network = await entry.build({ rng: new Rng(0), init: zeros, inputShape });
      const summary = summarize(network, inputShape, { all });
      network.dispose();
      if (svg !== undefined) {
        const { drawSummary } = await import('../inspect/summary/drawSummary.ts');
        const { writeFileAtomic } = await import('../lib/files/writeFileAtomic.ts');
        await writeFileAtomic(svg, drawSummary(summary, entry.title));
      }
      printLine(json ? JSON.stringify({ network: name, ...summary }) : formatSummary(summary));
    });
}

/** Formats one row per box, with the counts for one example. */
function formatSummary({ inputShape, rows, total }: Summary): string {
  const table = new Table({
    head: ['name', 'output', 'box', 'parameters', 'multiply-adds', 'memory', 'receptive field'],
    colAligns: ['left', 'right', 'left', 'right', 'right', 'right', 'right'],
    style: { head: [], border: [], compact: true },
  });
  const counts = ({ parameters, multiplyAdds, activationBytes }: Summary['total']) => [
    thousands(parameters),
    multiplyAdds === 'unknown' ? multiplyAdds : thousands(multiplyAdds),
    kibibytes(activationBytes),
  ];
  const row = (of: SummaryRow) => [
    of.name,
    of.outputShape.join('x'),
    of.box,
    ...counts(of),
    of.receptiveField === 'unknown' ? of.receptiveField : of.receptiveField.join('x'),
  ];
  table.push(['input', inputShape.join('x'), '', '', '', kibibytes(4 * product(inputShape)), '']);
  table.push(...rows.map(row), ['total', '', '', ...counts(total), '']);
  return table.toString();
}

/** Formats a count with thousands separators. */
export const thousands = (value: number): string => value.toLocaleString('en-US');

const kibibytes = (bytes: number) => `${thousands(Math.ceil(bytes / 1024))} KiB`;

const product = (sizes: readonly number[]) => sizes.reduce((result, size) => result * size, 1);
