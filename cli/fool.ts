import { Command } from 'commander';
import type { BackendName } from '../lib/backend/useBackend.ts';
import { InputError, show } from '../lib/errors.ts';
import {
  BACKENDS,
  choiceOption,
  DATA_HELP,
  integerOption,
  logBackend,
  shapeOption,
  positiveOption,
} from './options.ts';

const METHODS = ['sign', 'closest', 'imagine'] as const;

export interface FoolOptions {
  readonly network?: string;
  readonly data?: string;
  readonly shape?: readonly number[];
  readonly method: (typeof METHODS)[number];
  readonly epsilon: number;
  readonly records: readonly number[];
  readonly target?: number;
  readonly seed: number;
  readonly out: string;
}

/** `boxprop fool WEIGHTS` */
export function foolCommand(): Command {
  return new Command('fool')
    .description('change images so that a trained network takes them for something else')
    .argument('<weights>', 'safetensors file of `boxprop train`: its weights or a checkpoint')
    .option(
      '--method <name>',
      'sign (FGSM), closest (L-BFGS) or imagine (from noise)',
      choiceOption('--method', METHODS),
      'sign',
    )
    .option(
      '--epsilon <e>',
      'of sign: how far each pixel goes, from 0 to 1',
      positiveOption('--epsilon'),
      0.25,
    )
    .option(
      '--target <class>',
      'of closest and imagine (default: the next class; all)',
      integerOption('--target', 0),
    )
    .option('--records <list>', 'test records, such as 0,17,3', records, [0, 1, 2, 3])
    .option('--network <name>', 'the network of the weights (default: what the file says)')
    .option('--data <dir>', DATA_HELP)
    .option(
      '--shape <h,w,c>',
      'of images of folders, or of the numbers of CSV',
      shapeOption('--shape', 3),
    )
    .option('--seed <n>', 'of the noise', integerOption('--seed', 0), 0)
    .option('--backend <name>', BACKENDS.join(', '), choiceOption('--backend', BACKENDS), 'auto')
    .option(
      '--out <file>',
      'PNG: the images, what they became and the difference, side by side',
      'fool.png',
    )
    .action(
      async (
        file: string,
        { backend, ...options }: FoolOptions & { backend: BackendName | 'auto' },
      ) => {
        const { useBackend } = await import('../lib/backend/useBackend.ts');
        const { fool } = await import('./foolNetwork.ts');
        await useBackend(backend, { log: logBackend });
        process.stdout.write(`${(await fool(file, options)).join('\n')}\n${options.out}\n`);
      },
    );
}

function records(text: string): number[] {
  if (/^\d+(,\d+)*$/.test(text)) return text.split(',').map(Number);
  throw new InputError(`--records: expected numbers of records such as 0,17,3, got ${show(text)}`);
}
