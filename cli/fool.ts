import { Command, Option } from 'commander';
import type { BackendName } from '../lib/backend/useBackend.ts';
import { InputError } from '../lib/errors.ts';
import type { FoolMethod, FoolOptions } from './foolNetwork.ts';
import {
  addNetworkOptions,
  choiceOption,
  EPSILON_OPTION,
  indicesOption,
  integerOption,
  pictureOption,
  WEIGHTS_HELP,
} from './options.ts';
import { logBackend, printLine } from './process.ts';

const METHODS: readonly FoolMethod[] = ['sign', 'closest', 'imagine', 'direct', 'cppn'];

/** Makes the command `boxprop fool WEIGHTS`. */
export function foolCommand(): Command {
  const command = new Command('fool')
    .description('make images that a trained network misclassifies, or recognizes in noise')
    .argument('<weights>', WEIGHTS_HELP)
    .option(
      '--method <name>',
      'attack: sign (FGSM), closest (L-BFGS); images from noise: imagine (by the gradient), ' +
        'direct (evolved pixels), cppn (evolved patterns)',
      choiceOption('--method', METHODS),
      'sign',
    )
    .addOption(EPSILON_OPTION)
    .option(
      '--target <class>',
      'class to predict (closest: default label + 1; images from noise: default all)',
      integerOption('--target', 0),
    )
    .addOption(
      new Option('--examples <list>', 'indices of the test examples (sign, closest)')
        .argParser(indicesOption('--examples'))
        .default([0, 1, 2, 3], '0,1,2,3'),
    )
    .option('--seed <n>', 'random seed (images from noise)', integerOption('--seed', 0), 0)
    .option(
      '--generations <n>',
      'generations (direct, cppn)',
      integerOption('--generations', 1),
      200,
    )
    .option(
      '--offspring <n>',
      'images per generation (direct, cppn)',
      integerOption('--offspring', 1),
      100,
    );
  return addNetworkOptions(command)
    .option('--json <file>', 'also write the predictions as JSON')
    .option(
      '--out <file>',
      'HTML page, or PNG, of the images, and of the changed images and the changes',
      pictureOption,
      'fool.png',
    )
    .action(
      async (
        file: string,
        { backend, ...options }: FoolOptions & { backend: BackendName | 'auto' },
      ) => {
        refuseIgnored(command, options.method);
        const { checkWritable } = await import('../lib/files/checkWritable.ts');
        await checkWritable(options.out);
        if (options.json !== undefined) await checkWritable(options.json);
        const { useBackend } = await import('../lib/backend/useBackend.ts');
        const { fool } = await import('./foolNetwork.ts');
        await useBackend(backend, { log: logBackend });
        for (const line of await fool(file, options)) printLine(line);
        printLine(options.out);
        if (options.json !== undefined) printLine(options.json);
      },
    );
}

const EVOLVED: readonly FoolMethod[] = ['direct', 'cppn'];

/** The options that only some methods use, each with these methods. */
const READ_BY: Readonly<Record<string, readonly FoolMethod[]>> = {
  epsilon: ['sign'],
  target: ['closest', 'imagine', ...EVOLVED],
  examples: ['sign', 'closest'],
  seed: ['imagine', ...EVOLVED],
  generations: EVOLVED,
  offspring: EVOLVED,
};

/** Throws if an option is given that the method would ignore. */
function refuseIgnored(command: Command, method: FoolMethod): void {
  for (const [name, methods] of Object.entries(READ_BY)) {
    if (methods.includes(method) || command.getOptionValueSource(name) !== 'cli') continue;
    throw new InputError(`--${name}: expected --method ${methods.join(' or ')}, got ${method}`);
  }
}
