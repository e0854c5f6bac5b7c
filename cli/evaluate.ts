import { Command } from 'commander';
import type { BackendName } from '../lib/backend/useBackend.ts';
import { formatLoss } from './formatLoss.ts';
import type { Evaluation } from '../train/evaluate.ts';
import {
  addNetworkOptions,
  LOSS_OPTION,
  NO_COMPILE_OPTION,
  TARGET_OPTION,
  WEIGHTS_HELP,
} from './options.ts';
import type { DataOptions } from './openData.ts';
import { logBackend, printLine } from './process.ts';
import type { TargetOptions } from './targets.ts';

interface Options extends DataOptions, TargetOptions {
  readonly network?: string;
  readonly backend: BackendName | 'auto';
  readonly compile: boolean;
  readonly json?: boolean;
}

/** Makes the command `boxprop evaluate WEIGHTS`. */
export function evaluateCommand(): Command {
  const command = new Command('evaluate')
    .description('evaluate trained weights on the test examples; print the confusion matrix')
    .argument('<weights>', WEIGHTS_HELP);
  return addNetworkOptions(command)
    .addOption(TARGET_OPTION)
    .addOption(LOSS_OPTION)
    .addOption(NO_COMPILE_OPTION)
    .option('--json', 'print JSON')
    .action(
      async (file: string, { network: named, backend, compile, json, ...options }: Options) => {
        const { imagesFor, preparedFor, loadForData, readWeightsFile } =
          await import('./weightsFile.ts');
        const { openData } = await import('./openData.ts');
        const { foldBatchNorm } = await import('../inspect/foldBatchNorm.ts');
        const { evaluateFinite } = await import('../train/requireFinite.ts');
        const { useBackend } = await import('../lib/backend/useBackend.ts');
        const { reportNotes, testExamples } = await import('./openedData.ts');
        const weights = await readWeightsFile(file, named);
        await useBackend(backend, { log: logBackend });
        if (weights.targets !== undefined || options.target !== undefined) {
          const { evaluateTargets } = await import('./evaluateTargets.ts');
          const given = { ...options, compile, ...(json && { json }) };
          return printLine(await evaluateTargets(weights, given));
        }
        const opened = await openData({ ...options, ...imagesFor(weights) }, weights.table);
        reportNotes(opened);
        const test = preparedFor(weights, testExamples(opened));
        const network = await loadForData(weights, test);
        const { network: folded, dispose } = foldBatchNorm(network);
        const found = await evaluateFinite(network, test, { folded, compile });
        dispose();
        const { name } = weights;
        printLine(
          json
            ? JSON.stringify({ network: name, ...found })
            : formatEvaluation(name, found, test.classNames),
        );
        network.dispose();
      },
    );
}

/** Formats the metrics, and the confusion matrix with one row per label. */
function formatEvaluation(
  name: string,
  { errors, examples, errorRate, top5Errors, loss, confusion }: Evaluation,
  classNames: readonly string[] | undefined,
): string {
  const percent = (count: number) => `${((100 * count) / examples).toFixed(2)} %`;
  const width = Math.max(...confusion.flat().map((count) => String(count).length), 2) + 1;
  const cell = (value: string | number) => String(value).padStart(width);
  const classes = confusion.map((_, k) => k);
  return [
    `${name}: error ${percent(errors)} (${errors} of ${examples}), accuracy ${(100 * (1 - errorRate)).toFixed(2)} %, ` +
      `top-5 error ${percent(top5Errors)}, loss ${formatLoss(loss)}`,
    '',
    `label${classes.map(cell).join('')}  prediction`,
    ...confusion.map((row, k) => {
      const cells = row.map((n) => cell(n === 0 ? '.' : n)).join('');
      return `${String(k).padStart(5)}${cells}${classNames === undefined ? '' : `  ${classNames[k]}`}`;
    }),
  ].join('\n');
}
