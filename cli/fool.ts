import { Command, Option } from 'commander';
import type { BackendName } from '../lib/backend/useBackend.ts';
import { InputError } from '../lib/errors.ts';
import type { FoolOptions } from './foolNetwork.ts';
import {
  BACKEND_OPTION,
  choiceOption,
  DATA_OPTION,
  HEADER_OPTION,
  indicesOption,
  integerOption,
  LABEL_OPTION,
  NETWORK_OPTION,
  positiveOption,
  SHAPE_OPTION,
  WEIGHTS_HELP,
} from './options.ts';
import { logBackend, printLine } from './process.ts';

const METHODS: readonly FoolOptions['method'][] = ['sign', 'closest', 'imagine'];

/** Makes the command `boxprop fool WEIGHTS`. */
export function foolCommand(): Command {
  const command = new Command('fool');
  return command
    .description('make adversarial images that a trained network misclassifies')
    .argument('<weights>', WEIGHTS_HELP)
    .option(
      '--method <name>',
      'attack: sign (FGSM), closest (L-BFGS), imagine (images from noise)',
      choiceOption('--method', METHODS),
      'sign',
    )
    .option(
      '--epsilon <e>',
      'change of each pixel, from 0 to 1 (sign)',
      positiveOption('--epsilon'),
      0.25,
    )
    .option(
      '--target <class>',
      'class to predict (closest: default label + 1; imagine: default all)',
      integerOption('--target', 0),
    )
    .addOption(
      new Option('--examples <list>', 'indices of the test examples (sign, closest)')
        .argParser(indicesOption('--examples'))
        .default([0, 1, 2, 3], '0,1,2,3'),
    )
    .addOption(NETWORK_OPTION)
    .addOption(DATA_OPTION)
    .addOption(LABEL_OPTION)
    .addOption(HEADER_OPTION)
    .addOption(SHAPE_OPTION)
    .option('--seed <n>', 'random seed (imagine)', integerOption('--seed', 0), 0)
    .addOption(BACKEND_OPTION)
    .option('--out <file>', 'PNG of the images, the changed images and the changes', 'fool.png')
    .action(
      async (
        file: string,
        { backend, ...options }: FoolOptions & { backend: BackendName | 'auto' },
      ) => {
        refuseIgnored(command, options.method);
        const { checkWritable } = await import('../lib/files/checkWritable.ts');
        await checkWritable(options.out);
        const { useBackend } = await import('../lib/backend/useBackend.ts');
        const { fool } = await import('./foolNetwork.ts');
        await useBackend(backend, { log: logBackend });
        for (const line of await fool(file, options)) printLine(line);
        printLine(options.out);
      },
    );
}

/** The options that only some methods use, each with these methods. */
const READ_BY: Readonly<Record<string, readonly FoolOptions['method'][]>> = {
  epsilon: ['sign'],
  target: ['closest', 'imagine'],
  examples: ['sign', 'closest'],
  seed: ['imagine'],
};

/** Throws if an option is given that the method would ignore. */
function refuseIgnored(command: Command, method: FoolOptions['method']): void {
  for (const [name, methods] of Object.entries(READ_BY)) {
    if (methods.includes(method) || command.getOptionValueSource(name) !== 'cli') continue;
    throw new InputError(`--${name}: expected --method ${methods.join(' or ')}, got ${method}`);
  }
}
