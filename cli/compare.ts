import { Command } from 'commander';
import type { BackendName } from '../lib/backend/useBackend.ts';
import type { CompareSourcesOptions } from './compareSources.ts';
import { addNetworkOptions, integerOption, SOURCE_HELP } from './options.ts';
import { logBackend, printLine } from './process.ts';

/** Makes the command `boxprop compare A B`. */
export function compareCommand(): Command {
  const command = new Command('compare')
    .description('compare the internal representations of two networks: CKA, RSA, matching units')
    .argument('<a>', SOURCE_HELP)
    .argument('<b>', 'the network to compare with, in the same forms')
    .option(
      '--limit <n>',
      'compare on the first n test examples only (at least 4)',
      integerOption('--limit', 4),
      2000,
    )
    .option(
      '--batch-size <n>',
      'examples per minibatch (default: at most 256, fewer for large outputs)',
      integerOption('--batch-size', 4),
    )
    .option('--units <n>', 'units per box that are matched', integerOption('--units', 1), 64)
    .option('--seed <n>', 'seed of random weights', integerOption('--seed', 0), 0);
  return addNetworkOptions(command)
    .option('--out <file>', 'HTML page', 'compare.html')
    .option('--json <file>', 'also write all values as JSON')
    .action(
      async (
        a: string,
        b: string,
        { backend, ...options }: CompareSourcesOptions & { backend: BackendName | 'auto' },
      ) => {
        const { checkWritable } = await import('../lib/files/checkWritable.ts');
        await checkWritable(options.out);
        if (options.json !== undefined) await checkWritable(options.json);
        const { useBackend } = await import('../lib/backend/useBackend.ts');
        const { compareSources } = await import('./compareSources.ts');
        await useBackend(backend, { log: logBackend });
        printLine(await compareSources(a, b, options));
        printLine(options.out);
        if (options.json !== undefined) printLine(options.json);
      },
    );
}
