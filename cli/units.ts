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
} from './options.ts';

export interface UnitsOptions {
  readonly box?: string;
  readonly units?: readonly number[];
  readonly count: number;
  readonly perImage: number;
  readonly limit?: number;
  readonly network?: string;
  readonly data?: string;
  readonly shape?: readonly number[];
  readonly out: string;
}

/** `boxprop units WEIGHTS`: what single units of a trained network answer to. */
export function unitsCommand(): Command {
  return new Command('units')
    .description(
      'the patches of test images that units of a trained network answer to most, and their gradients',
    )
    .argument('<weights>', 'safetensors file of `boxprop train`: its weights or a checkpoint')
    .option('--box <path>', 'such as 2 or stage1.0.body.conv1 (default: the first with a kernel)')
    .option(
      '--units <list>',
      'channels of its output, such as 0,5,7 (default: the first 16)',
      units,
    )
    .option('--count <n>', 'patches of each unit', integerOption('--count', 1), 9)
    .option('--per-image <n>', 'patches of one image at most', integerOption('--per-image', 1), 1)
    .option('--limit <n>', 'look at the first images only', integerOption('--limit', 1))
    .option('--network <name>', 'the network of the weights (default: what the file says)')
    .option('--data <dir>', DATA_HELP)
    .option(
      '--shape <h,w,c>',
      'of images of folders, or of the numbers of CSV',
      shapeOption('--shape', 3),
    )
    .option('--backend <name>', BACKENDS.join(', '), choiceOption('--backend', BACKENDS), 'auto')
    .option('--out <file>', 'an HTML page, or a PNG with a unit in two rows', out, 'units.html')
    .action(
      async (
        file: string,
        { backend, ...options }: UnitsOptions & { backend: BackendName | 'auto' },
      ) => {
        const { useBackend } = await import('../lib/backend/useBackend.ts');
        const { showUnits } = await import('./showUnits.ts');
        await useBackend(backend, { log: logBackend });
        process.stdout.write(`${(await showUnits(file, options)).join('\n')}\n${options.out}\n`);
      },
    );
}

function units(text: string): number[] {
  if (/^\d+(,\d+)*$/.test(text)) return text.split(',').map(Number);
  throw new InputError(`--units: expected numbers of units such as 0,5,7, got ${show(text)}`);
}

function out(text: string): string {
  if (/\.(html|png)$/i.test(text)) return text;
  throw new InputError(`--out: expected a file named .html or .png, got ${show(text)}`);
}
