import { Command } from 'commander';
import type { BackendName } from '../lib/backend/useBackend.ts';
import type { InvarianceOptions } from './networkInvariance.ts';
import { addNetworkOptions, integerOption, SOURCE_HELP } from './options.ts';
import { logBackend, printLine } from './process.ts';

/** Makes the command `boxprop invariance RUN`. */
export function invarianceCommand(): Command {
  const command = new Command('invariance')
    .description(
      "measure how each box's output changes while the input moves, and its receptive field",
    )
    .argument('<run>', SOURCE_HELP)
    .option('--limit <n>', 'use the first n test images', integerOption('--limit', 2), 100);
  return addNetworkOptions(command)
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
