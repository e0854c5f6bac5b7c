import { join } from 'node:path';
import { Command } from 'commander';
import type { BackendName } from '../lib/backend/useBackend.ts';
import { InputError, show } from '../lib/errors.ts';
import { BACKENDS, choiceOption, logBackend } from './options.ts';

interface Options {
  readonly out?: string;
  readonly backend: BackendName | 'auto';
  readonly inputs?: readonly number[];
  readonly png: boolean;
}

/** `boxprop report RUN` */
export function reportCommand(): Command {
  return new Command('report')
    .description('one HTML file that shows how a run of `boxprop train` went')
    .argument('<run>', 'folder of the run, such as runs/lenet')
    .option('--out <file>', 'HTML file (default: report.html in the folder)')
    .option(
      '--inputs <records>',
      'test records whose feature maps are shown, such as 0,17,3',
      records,
    )
    .option('--png', 'the figures as PNG too, in a folder next to the file (needs sharp)', false)
    .option('--backend <name>', BACKENDS.join(', '), choiceOption('--backend', BACKENDS), 'auto')
    .action(
      async (
        folder: string,
        { out = join(folder, 'report.html'), backend, inputs, png }: Options,
      ) => {
        const { useBackend } = await import('../lib/backend/useBackend.ts');
        const { reportRun } = await import('./reportRun.ts');
        const { readRun } = await import('./runOptions.ts');
        const options = await readRun(folder, 'report');
        await useBackend(backend, { log: logBackend });
        const [file, ...pictures] = await reportRun(folder, options, out, {
          png,
          ...(inputs && { inputs }),
        });
        process.stdout.write(`${[file, ...pictures].join('\n')}\n`);
      },
    );
}

function records(text: string): number[] {
  if (!/^\d+(,\d+)*$/.test(text)) {
    throw new InputError(`--inputs: expected numbers of records such as 0,17,3, got ${show(text)}`);
  }
  return text.split(',').map(Number);
}
