import { Command } from 'commander';
import type { BackendName } from '../lib/backend/useBackend.ts';
import type { InvarianceOptions } from './networkInvariance.ts';
import {
  BACKEND_OPTION,
  DATA_OPTION,
  HEADER_OPTION,
  integerOption,
  LABEL_OPTION,
  NETWORK_OPTION,
  SHAPE_OPTION,
  WEIGHTS_HELP,
} from './options.ts';
import { logBackend, printLine } from './process.ts';

/** Makes the command `boxprop invariance WEIGHTS`. */
export function invarianceCommand(): Command {
  return new Command('invariance')
    .description(
      "measure how each box's output changes while the input moves, and its receptive field",
    )
    .argument('<weights>', WEIGHTS_HELP)
    .option('--limit <n>', 'use the first n test images', integerOption('--limit', 2), 100)
    .addOption(NETWORK_OPTION)
    .addOption(DATA_OPTION)
    .addOption(LABEL_OPTION)
    .addOption(HEADER_OPTION)
    .addOption(SHAPE_OPTION)
    .addOption(BACKEND_OPTION)
    .option('--json', 'print JSON')
    .option('--out <file>', 'HTML page', 'invariance.html')
    .action(
      async (
        file: string,
        {
          backend,
          json = false,
          ...options
        }: InvarianceOptions & { backend: BackendName | 'auto'; json?: boolean },
      ) => {
        const { checkWritable } = await import('../lib/files/checkWritable.ts');
        await checkWritable(options.out);
        const { useBackend } = await import('../lib/backend/useBackend.ts');
        const { networkInvariance } = await import('./networkInvariance.ts');
        await useBackend(backend, { log: logBackend });
        const found = await networkInvariance(file, options);
        if (json) return printLine(JSON.stringify(found));
        const { formatInvariance } = await import('./formatInvariance.ts');
        formatInvariance(found).forEach(printLine);
        printLine(options.out);
      },
    );
}
