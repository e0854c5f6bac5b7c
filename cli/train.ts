import { existsSync } from 'node:fs';
import { join, parse } from 'node:path';
import { Command } from 'commander';
import { InputError } from '../lib/errors.ts';
import {
  BACKENDS,
  choiceOption,
  decimal,
  DATA_HELP,
  integerOption,
  shapeOption,
  positiveOption,
  words,
} from './options.ts';
import { applyConfig } from './runConfig.ts';
import { architectureOption } from './architecture.ts';
import { isModuleFile } from './moduleFile.ts';
import { OPTIMIZERS, RATES, readRun, SCHEDULES, type RunOptions } from './runOptions.ts';
import type { TrainOutcome } from './trainNetwork.ts';
import { untilSignal } from './untilSignal.ts';

type Given = Omit<RunOptions, 'network' | 'rate'> & {
  rate?: number;
  out?: string;
  resume?: string;
  config?: string;
};

const RATE_HELP = Object.entries(RATES)
  .map(([optimizer, rate]) => `${optimizer} ${rate}`)
  .join(', ');

/** `boxprop train NETWORK`: trains on MNIST. A signal ends it after the step in progress, with exit status 130. */
export function trainCommand(): Command {
  const command = new Command('train')
    .description(
      'train a network, with a checkpoint after each epoch that --resume goes on from, and a report',
    )
    .argument(
      '[network]',
      'lenet and the other names of `boxprop summary`, or a file that exports network()',
    )
    .option(
      '--config <file>',
      'JSON, or a module with a default export: options by their names, and network',
    )
    .option(
      '--architecture <list>',
      'such as units=64,batchNorm=true: what the function network() is given',
      architectureOption,
    )
    .option('--data <dir>', DATA_HELP)
    .option(
      '--shape <h,w,c>',
      'of images of folders, or of the numbers of CSV',
      shapeOption('--shape', 3),
    )
    .option(
      '--prepare <list>',
      'such as pad:2,contrast:9,standardize: what is done to every input',
      words,
    )
    .option('--epochs <n>', 'passes over the training images', integerOption('--epochs', 1), 4)
    .option('--batch <n>', 'images a step', integerOption('--batch', 1), 64)
    .option('--rate <r>', `first learning rate (default: ${RATE_HELP})`, positiveOption('--rate'))
    .option(
      '--optimizer <name>',
      OPTIMIZERS.join(', '),
      choiceOption('--optimizer', OPTIMIZERS),
      'sgd',
    )
    .option('--momentum <m>', 'of sgd and rmsprop', shareOption('--momentum'), 0.9)
    .option('--nesterov', "Nesterov's momentum, of sgd")
    .option('--weight-decay <w>', 'of weights, not of biases', shareOption('--weight-decay'), 5e-4)
    .option(
      '--schedule <name>',
      SCHEDULES.join(', '),
      choiceOption('--schedule', SCHEDULES),
      'cosine',
    )
    .option('--warm-up <n>', 'steps in which the rate rises from 0', integerOption('--warm-up', 1))
    .option('--clip <norm>', 'largest norm of the gradient', positiveOption('--clip'))
    .option(
      '--clip-value <v>',
      'largest size of a number of the gradient',
      positiveOption('--clip-value'),
    )
    .option(
      '--validation <share>',
      'of the training images, kept back',
      shareOption('--validation', true),
    )
    .option(
      '--patience <n>',
      'epochs without a better validation error',
      integerOption('--patience', 1),
    )
    .option('--augment <list>', 'such as shift:2,flip,elastic', words)
    .option(
      '--seed <n>',
      'seed of the weights and of the order of the images',
      integerOption('--seed', 0),
      0,
    )
    .option('--backend <name>', BACKENDS.join(', '), choiceOption('--backend', BACKENDS), 'auto')
    .option('--threads <n>', 'threads of tensorflow or wasm', integerOption('--threads', 1))
    .option('--limit <n>', 'train on the first images only', integerOption('--limit', 1))
    .option(
      '--checkpoint-steps <n>',
      'checkpoints within an epoch too',
      integerOption('--checkpoint-steps', 1),
    )
    .option(
      '--out <dir>',
      'folder of the run (default: "runs/<network>", or with a number if that is taken)',
    )
    .option('--no-report', 'write no report.html at the end')
    .option(
      '--resume <dir>',
      'go on with the run in a folder; of the options only --epochs may be given',
    );
  return command.action(async (network: string | undefined, given: Given) => {
    const { trainNetwork } = await import('./trainNetwork.ts');
    const named = given.config === undefined ? undefined : await applyConfig(command, given.config);
    const { options, folder } = await plan(command, network ?? named, command.opts<Given>());
    await untilSignal(async (signal) => {
      const print = (line: string) => void process.stdout.write(`${line}\n`);
      const resume = given.resume !== undefined;
      const outcome = await trainNetwork(options, folder, resume, print, signal).catch(
        async (error: unknown) => {
          await reportFailed(options, folder, print);
          throw error;
        },
      );
      tell(outcome, folder, print);
      if (outcome.ended !== 'aborted') await report(options, folder, print);
    });
  });
}

async function plan(
  command: Command,
  network: string | undefined,
  { out, resume, rate, ...given }: Given,
) {
  delete given.config;
  if (resume === undefined) {
    if (network === undefined) throw new InputError("missing required argument 'network'");
    if (given.patience !== undefined && given.validation === undefined)
      throw new InputError(
        '--patience: expected --validation with it, whose error it watches, got none',
      );
    const { openNetwork } = await import('./openNetwork.ts');
    await openNetwork(network);
    const name = isModuleFile(network) ? parse(network).name : network;
    return {
      options: { network, ...given, rate: rate ?? RATES[given.optimizer] },
      folder: out ?? freeFolder(`runs/${name}`),
    };
  }
  const stored = await readRun(resume);
  const options = ['out', 'config', 'rate', ...Object.keys(given)].filter(
    (name) => command.getOptionValueSource(name) === 'cli',
  );
  const extra = network === undefined ? options.find((name) => name !== 'epochs') : 'a network';
  if (extra !== undefined) {
    throw new InputError(
      `--resume: expected no options besides --epochs, for the run has its own, got ${extra}`,
    );
  }
  return {
    options: options.length > 0 ? { ...stored, epochs: given.epochs } : stored,
    folder: resume,
  };
}

/** `runs/lenet`, or `runs/lenet-2` and so on if there is a run in it. */
export function freeFolder(folder: string): string {
  let [free, number] = [folder, 1];
  while (existsSync(free)) free = `${folder}-${++number}`;
  return free;
}

/** @param some whether 0 is too little. */
function shareOption(flag: string, some = false): (text: string) => number {
  return (text) => {
    const value = decimal(text);
    if ((some ? value > 0 : value >= 0) && value < 1) return value;
    const range = some ? 'above 0 and below 1' : 'from 0 to below 1';
    throw new InputError(`${flag}: expected a number ${range}, got ${JSON.stringify(text)}`);
  };
}

async function report(
  options: RunOptions,
  folder: string,
  print: (line: string) => void,
): Promise<void> {
  if (options.report === false) return;
  const { reportRun } = await import('./reportRun.ts');
  const [file] = await reportRun(folder, options, join(folder, 'report.html'));
  print(`report in ${file}`);
}

/** A training that has failed has the more to show; but what it failed of is told first of all. */
async function reportFailed(
  options: RunOptions,
  folder: string,
  print: (line: string) => void,
): Promise<void> {
  const { readLog } = await import('../train/runLog.ts');
  const log = await readLog(join(folder, 'log.jsonl')).catch(() => []);
  if (log.at(-1)?.type === 'failed') await report(options, folder, print).catch(() => undefined);
}

function tell(
  { ended, epoch, accuracy = 0, file }: TrainOutcome,
  folder: string,
  print: (line: string) => void,
): void {
  if (ended === 'aborted') {
    process.stderr.write(
      `boxprop: interrupted in epoch ${epoch}; boxprop train --resume ${folder} goes on from there\n`,
    );
    process.exitCode = 130;
    return;
  }
  const early = ended === 'early' ? ', stopped early' : '';
  print(
    `test accuracy ${(100 * accuracy).toFixed(2)} % after ${epoch} epoch${epoch === 1 ? '' : 's'}${early}; weights in ${file}`,
  );
}
