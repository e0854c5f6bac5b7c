import { Command } from 'commander';
import type { BackendName } from '../lib/backend/useBackend.ts';
import { InputError } from '../lib/errors.ts';
import {
  addNetworkOptions,
  choiceOption,
  EPSILON_OPTION,
  integerOption,
  TRAINED_HELP,
} from './options.ts';
import { logBackend, printLine } from './process.ts';
import type { TransferOptions } from './transferAttack.ts';

const METHODS: readonly TransferOptions['method'][] = ['sign', 'closest'];

/** Makes the command `boxprop transfer WEIGHTS...`. */
export function transferCommand(): Command {
  const command = new Command('transfer')
    .description('make adversarial images for each network; test which others they deceive')
    .argument('<weights...>', TRAINED_HELP)
    .option(
      '--method <name>',
      'attack: sign (FGSM), closest (L-BFGS, minutes for 100 images)',
      choiceOption('--method', METHODS),
      'sign',
    )
    .addOption(EPSILON_OPTION)
    .option('--limit <n>', 'use the first n test images', integerOption('--limit', 1), 200);
  return addNetworkOptions(command)
    .option('--json', 'print JSON')
    .action(
      async (
        files: string[],
        {
          backend,
          json,
          ...options
        }: TransferOptions & { backend: BackendName | 'auto'; json?: boolean },
      ) => {
        if (options.method !== 'sign' && command.getOptionValueSource('epsilon') === 'cli')
          throw new InputError(`--epsilon: expected --method sign, got ${options.method}`);
        if (files.length < 2)
          throw new InputError('weights: expected those of two networks or more, got one file');
        const { useBackend } = await import('../lib/backend/useBackend.ts');
        const { formatTransfer, transferAttack } = await import('./transferAttack.ts');
        await useBackend(backend, { log: logBackend });
        const found = await transferAttack(files, options);
        printLine(json ? JSON.stringify(found) : formatTransfer(found));
      },
    );
}
