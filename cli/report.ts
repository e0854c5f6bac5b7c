import { join } from 'node:path';
import { Command } from 'commander';
import type { BackendName } from '../lib/backend/useBackend.ts';
import { homePath } from '../lib/files/homePath.ts';
import { refuseLinks } from '../lib/files/refuseLinks.ts';
import { BACKEND_OPTION, indicesOption } from './options.ts';
import { logBackend, printLine, printNote } from './process.ts';

interface Options {
  readonly out?: string;
  readonly network?: string;
  readonly data?: string;
  readonly backend: BackendName | 'auto';
  readonly examples?: readonly number[];
  readonly png?: boolean;
  readonly repeat?: string;
}

/** Makes the command `boxprop report RUN`. */
export function reportCommand(): Command {
  return new Command('report')
    .description('write a report of a training run: one HTML file')
    .argument('<run>', 'folder of the run, such as runs/lenet')
    .option('--out <file>', 'HTML file (default: report.html in the folder)')
    .option(
      '--examples <list>',
      'indices of the test examples whose feature maps are shown, such as 0,17,3',
      indicesOption('--examples'),
    )
    .option('--network <file>', 'module of the network, which a run must not name', homePath)
    .option('--data <dir>', 'folder of the data (default: as in the training)', homePath)
    .option(
      '--repeat <run>',
      'folder of a run from the same weights (--from) with another --seed; gives the noise of the filters',
      homePath,
    )
    .option('--png', 'also write the figures as PNG into a folder (needs sharp)')
    .addOption(BACKEND_OPTION)
    .action(
      async (folder: string, { backend, examples, repeat, png = false, ...options }: Options) => {
        const { checkWritable } = await import('../lib/files/checkWritable.ts');
        const { useBackend } = await import('../lib/backend/useBackend.ts');
        const { reportRun } = await import('./reportRun.ts');
        const { readRun } = await import('./runFolder.ts');
        const { checkSameSettings } = await import('./sameSettings.ts');
        const { network, data } = options;
        const remedy = `report ${folder} --network FILE`;
        const run = await readRun(folder, { option: 'report', remedy, network, data });
        if (options.out === undefined) await refuseLinks(folder, ['report.html', 'report']);
        const networkNamed = network !== undefined;
        const settings = { option: 'report', folder, options: run, networkNamed };
        (await checkSameSettings(settings)).forEach(printNote);
        const out = options.out ?? join(folder, 'report.html');
        await checkWritable(out);
        await useBackend(backend, { log: logBackend });
        const files = await reportRun(folder, run, out, {
          png,
          ...(examples && { examples }),
          ...(repeat !== undefined && { repeat }),
        });
        files.forEach(printLine);
      },
    );
}
