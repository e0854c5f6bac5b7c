import { Command } from 'commander';
import type { BackendName } from '../lib/backend/useBackend.ts';
import { PROJECTION_RULES } from '../lib/projectionRule.ts';
import {
  addNetworkOptions,
  choiceOption,
  indicesOption,
  integerOption,
  pictureOption,
  WEIGHTS_HELP,
} from './options.ts';
import { logBackend, printLine } from './process.ts';
import type { UnitsOptions } from './showUnits.ts';

/** Makes the command `boxprop units WEIGHTS`. */
export function unitsCommand(): Command {
  const command = new Command('units')
    .description('show the image patches to which units of a trained network respond most')
    .argument('<weights>', WEIGHTS_HELP)
    .option(
      '--box <path>',
      'box, such as 2 or stage1.0.body.conv1 (default: the first with weights)',
    )
    .option(
      '--units <list>',
      'output channels of the box, such as 0,5,7 (default: the first 16)',
      indicesOption('--units'),
    )
    .option('--count <n>', 'patches per unit', integerOption('--count', 1), 9)
    .option('--per-image <n>', 'patches per image, at most', integerOption('--per-image', 1), 1)
    .option(
      '--rule <name>',
      `how a response goes back to the pixels: ${PROJECTION_RULES.join(', ')}`,
      choiceOption('--rule', PROJECTION_RULES),
      'deconvnet',
    )
    .option('--occlusion', 'also show the responses while a square hides parts of the patches')
    .option('--limit <n>', 'search the first n test images only', integerOption('--limit', 1));
  return addNetworkOptions(command)
    .option('--out <file>', 'HTML page or PNG', pictureOption, 'units.html')
    .action(
      async (
        file: string,
        { backend, ...options }: UnitsOptions & { backend: BackendName | 'auto' },
      ) => {
        const { checkWritable } = await import('../lib/files/checkWritable.ts');
        await checkWritable(options.out);
        const { useBackend } = await import('../lib/backend/useBackend.ts');
        const { showUnits } = await import('./showUnits.ts');
        await useBackend(backend, { log: logBackend });
        for (const line of await showUnits(file, options)) printLine(line);
        printLine(options.out);
      },
    );
}
