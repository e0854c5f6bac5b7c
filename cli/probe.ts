import { Command } from 'commander';
import type { BackendName } from '../lib/backend/useBackend.ts';
import { addNetworkOptions, integerOption, SOURCE_HELP } from './options.ts';
import type { ProbeSourceOptions } from './probeSource.ts';
import { logBackend, printLine } from './process.ts';

/** Makes the command `boxprop probe RUN`. */
export function probeCommand(): Command {
  const command = new Command('probe')
    .description('tap off the output of each box: test error of simple classifiers by depth')
    .argument('<run>', SOURCE_HELP)
    .option(
      '--limit <n>',
      'training examples of the classifiers, at most',
      integerOption('--limit', 10),
      3000,
    )
    .option('--test-limit <n>', 'test examples, at most', integerOption('--test-limit', 1), 2000)
    .option(
      '--features <n>',
      'features per box, at most: larger images are averaged, then projected at random',
      integerOption('--features', 1),
      1024,
    )
    .option(
      '--seed <n>',
      'seed of the examples and of random weights',
      integerOption('--seed', 0),
      0,
    );
  return addNetworkOptions(command)
    .option('--out <file>', 'HTML page', 'probe.html')
    .option('--json <file>', 'also write all values as JSON')
    .action(
      async (
        word: string,
        { backend, ...options }: ProbeSourceOptions & { backend: BackendName | 'auto' },
      ) => {
        const { checkWritable } = await import('../lib/files/checkWritable.ts');
        await checkWritable(options.out);
        if (options.json !== undefined) await checkWritable(options.json);
        const { useBackend } = await import('../lib/backend/useBackend.ts');
        const { probeSource } = await import('./probeSource.ts');
        await useBackend(backend, { log: logBackend });
        printLine(await probeSource(word, options));
        printLine(options.out);
        if (options.json !== undefined) printLine(options.json);
      },
    );
}
