import { Command } from 'commander';
import type { BackendName } from '../lib/backend/useBackend.ts';
import { InputError } from '../lib/errors.ts';
import {
  BACKEND_OPTION,
  choiceOption,
  DATA_OPTION,
  HEADER_OPTION,
  integerOption,
  LABEL_OPTION,
  NETWORK_OPTION,
  positiveOption,
  SHAPE_OPTION,
  WEIGHTS_HELP,
} from './options.ts';
import { logBackend, printLine } from './process.ts';
import type { TransferOptions } from './transferAttack.ts';

const METHODS: readonly TransferOptions['method'][] = ['sign', 'closest'];

/** Makes the command `boxprop transfer WEIGHTS...`. */
export function transferCommand(): Command {
  const command = new Command('transfer');
  return command
    .description('make adversarial images for each network; test which others they deceive')
    .argument('<weights...>', WEIGHTS_HELP)
    .option(
      '--method <name>',
      'attack: sign (FGSM), closest (L-BFGS, minutes for 100 images)',
      choiceOption('--method', METHODS),
      'sign',
    )
    .option(
      '--epsilon <e>',
      'change of each pixel, from 0 to 1 (sign)',
      positiveOption('--epsilon'),
      0.25,
    )
    .option('--limit <n>', 'use the first n test images', integerOption('--limit', 1), 200)
    .addOption(NETWORK_OPTION)
    .addOption(DATA_OPTION)
    .addOption(LABEL_OPTION)
    .addOption(HEADER_OPTION)
    .addOption(SHAPE_OPTION)
    .addOption(BACKEND_OPTION)
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
