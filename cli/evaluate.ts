import { Command } from 'commander';
import { BACKENDS, choiceOption, DATA_HELP, logBackend, shapeOption } from './options.ts';
import type { BackendName } from '../lib/backend/useBackend.ts';
import type { Evaluation } from '../train/evaluate.ts';

interface Options {
  readonly network?: string;
  readonly data?: string;
  readonly shape?: readonly number[];
  readonly backend: BackendName | 'auto';
  readonly json: boolean;
}

/** `boxprop evaluate WEIGHTS`: how well a trained network does on test images, prepared as in its training. */
export function evaluateCommand(): Command {
  return new Command('evaluate')
    .description(
      'the errors of a trained network on test images, and which class it takes for which',
    )
    .argument('<weights>', 'safetensors file of `boxprop train`: its weights or a checkpoint')
    .option('--network <name>', 'the network of the weights (default: what the file says)')
    .option('--data <dir>', DATA_HELP)
    .option(
      '--shape <h,w,c>',
      'of images of folders, or of the numbers of CSV',
      shapeOption('--shape', 3),
    )
    .option('--backend <name>', BACKENDS.join(', '), choiceOption('--backend', BACKENDS), 'auto')
    .option('--json', 'print JSON', false)
    .action(
      async (file: string, { network: named, data: directory, shape, backend, json }: Options) => {
        const { openTrained } = await import('./openNetwork.ts');
        const { networkOf, preparationsOfFile } = await import('./weightsFile.ts');
        const { prepared } = await import('../data/preparation.ts');
        const { openData } = await import('./openData.ts');
        const { evaluate } = await import('../train/evaluate.ts');
        const { useBackend } = await import('../lib/backend/useBackend.ts');
        const name = await networkOf(file, named);
        await useBackend(backend, { log: logBackend });
        const opened = await openData(directory, shape);
        const test = prepared(opened.test, await preparationsOfFile(file));
        const network = await openTrained(name, file, test);
        const found = await evaluate(network, test, 250);
        process.stdout.write(
          `${json ? JSON.stringify({ network: name, ...found }) : table(name, found, opened.test.classNames)}\n`,
        );
        network.dispose();
      },
    );
}

/** The figures, and the confusion matrix with a row a label. */
function table(
  name: string,
  { errors, examples: records, errorRate, top5Errors, loss, confusion }: Evaluation,
  names: readonly string[] | undefined,
): string {
  const percent = (count: number) => `${((100 * count) / records).toFixed(2)} %`;
  const width = Math.max(...confusion.flat().map((count) => String(count).length), 2) + 1;
  const cell = (value: string | number) => String(value).padStart(width);
  const classes = confusion.map((_, k) => k);
  return [
    `${name}: error ${percent(errors)} (${errors} of ${records}), accuracy ${(100 * (1 - errorRate)).toFixed(2)} %, ` +
      `not among the best five ${percent(top5Errors)}, loss ${loss.toFixed(4)}`,
    '',
    `label${classes.map(cell).join('')}  answer`,
    ...confusion.map(
      (row, k) =>
        `${String(k).padStart(5)}${row.map((n) => cell(n === 0 ? '.' : n)).join('')}${names === undefined ? '' : `  ${names[k]}`}`,
    ),
  ].join('\n');
}
