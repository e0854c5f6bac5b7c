import Table from 'cli-table3';
import { Command } from 'commander';
import type { ImageShape } from '../models/index.ts';
import type { Summary, SummaryRow } from '../inspect/summary/summarize.ts';
import { shapeOption } from './options.ts';

interface Options {
  readonly input?: ImageShape;
  readonly all: boolean;
  readonly json: boolean;
  readonly svg?: string;
}

/** `boxprop summary NETWORK`: a row a box. */
export function summaryCommand(): Command {
  return new Command('summary')
    .description(
      'list the boxes of a network: shapes, parameters, multiply-adds, memory, receptive fields',
    )
    .argument('<network>', 'such as alexnet, or a file that exports network()')
    .option(
      '--input <h,w,c>',
      'height, width and channels of the images',
      shapeOption('--input', 3),
    )
    .option('--all', 'a row for ReLU, Dropout and Flatten too', false)
    .option('--json', 'print JSON instead of a table', false)
    .option('--svg <file>', 'draw the boxes into this file')
    .action(async (name: string, { input, all, json, svg }: Options) => {
      const { emptyNetwork } = await import('./networks.ts');
      const { openNetwork } = await import('./openNetwork.ts');
      const { useBackend } = await import('../lib/backend/useBackend.ts');
      const { summarize } = await import('../inspect/summary/summarize.ts');
      const entry = await openNetwork(name);
      await useBackend();
      const network = emptyNetwork(entry, input);
      const summary = summarize(network, input ?? entry.inputShape, { all });
      network.dispose();
      if (svg !== undefined) {
        const { drawSummary } = await import('../inspect/summary/drawSummary.ts');
        const { writeFileAtomic } = await import('../lib/files/writeFileAtomic.ts');
        await writeFileAtomic(svg, drawSummary(summary, entry.title));
      }
      const text = json ? JSON.stringify({ network: name, ...summary }) : formatSummary(summary);
      process.stdout.write(`${text}\n`);
    });
}

/** The table: what is counted is for one image. */
export function formatSummary({ inputShape, rows, total }: Summary): string {
  const table = new Table({
    head: ['name', 'output', 'box', 'parameters', 'multiply-adds', 'memory', 'receptive field'],
    colAligns: ['left', 'right', 'left', 'right', 'right', 'right', 'right'],
    style: { head: [], border: [], compact: true },
  });
  const counts = ({ parameters, multiplyAdds, activationBytes }: Summary['total']) => [
    thousands(parameters),
    thousands(multiplyAdds),
    kibibytes(activationBytes),
  ];
  const row = (of: SummaryRow) => [
    of.name,
    of.outputShape.join('x'),
    of.box,
    ...counts(of),
    of.receptiveField.join('x'),
  ];
  table.push(['input', inputShape.join('x'), '', '', '', kibibytes(4 * product(inputShape)), '']);
  table.push(...rows.map(row), ['total', '', '', ...counts(total), '']);
  return table.toString();
}

export const thousands = (value: number): string => value.toLocaleString('en-US');

const kibibytes = (bytes: number) => `${thousands(Math.ceil(bytes / 1024))} KiB`;

const product = (sizes: readonly number[]) => sizes.reduce((result, size) => result * size, 1);
