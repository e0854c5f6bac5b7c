import { Command } from 'commander';
import { parse } from 'node:path';
import { InputError, show } from '../lib/errors.ts';
import type { Retraining, Variant } from './ablation/retrain.ts';
import { isModuleFile } from './moduleFile.ts';
import { isOnnxFile } from './onnxNetwork.ts';
import { integerOption, NETWORK_HELP } from './options.ts';
import { endInterrupted, logBackend, printLine, printNote, untilSignal } from './process.ts';
import { runOptions, trainOptions, type RunOptions, type TrainOptions } from './trainOptions.ts';

/** The options of `train` that say what is trained, on what and how. */
const OF_TRAINING = [
  ...['architecture', 'data', 'label', 'header', 'shape', 'preprocess', 'augment', 'mixup'],
  ...['cutmix', 'epochs', 'batchSize', 'dropLast', 'accumulate', 'optimizer', 'learningRate'],
  ...['schedule', 'warmupSteps', 'momentum', 'nesterov', 'weightDecay', 'labelSmoothing', 'ema'],
  ...['clipNorm', 'clipValue', 'validationSplit', 'seed', 'backend', 'threads', 'compile', 'simd'],
  'limit',
];

type Options = TrainOptions & {
  readonly retrain?: boolean;
  readonly without?: readonly (readonly string[])[];
  readonly seeds: number;
  readonly json?: boolean;
};

/**
 * Makes the command `boxprop ablate NETWORK`. With `--retrain` it trains the network without each
 * of its layers; without, it shows the published results of AlexNet beside the counts of boxprop's.
 */
export function ablateCommand(): Command {
  const command = new Command('ablate')
    .description('"How important is depth?": train a network without each of its layers')
    .argument('<network>', NETWORK_HELP)
    .option('--retrain', "train; without it, alexnet's counts and published errors are shown")
    .option(
      '--without <list>',
      'leave out these boxes, such as conv3,fc6+fc7 (default: each layer but the last)',
      (text) => text.split(',').map((names) => names.split('+')),
    )
    .option('--seeds <n>', 'trainings per network', integerOption('--seeds', 1), 3)
    .option('--json', 'print JSON')
    .option('--out <dir>', 'folder of the results; the command continues what it has');
  for (const option of trainOptions().options)
    if (OF_TRAINING.includes(option.attributeName())) command.addOption(option);
  return command.action(async (network: string, { retrain, ...options }: Options) => {
    if (retrain === true) return retrainAll(network, options);
    const { ablateAlexnet, formatAblation } = await import('./ablation/alexnet.ts');
    if (network !== 'alexnet') {
      throw new InputError(
        `network: expected alexnet, whose results are published, got ${show(network)}; --retrain trains it without each layer`,
      );
    }
    const ablations = await ablateAlexnet();
    printLine(options.json ? JSON.stringify(ablations) : formatAblation(ablations));
  });
}

async function retrainAll(
  network: string,
  { without: named, seeds, json, out, ...given }: Omit<Options, 'retrain'>,
): Promise<void> {
  const { AblationFile } = await import('./ablation/ablationFile.ts');
  const { retrain, variantsOf } = await import('./ablation/retrain.ts');
  const { ablationRows, formatRetrained } = await import('./ablation/table.ts');
  const { formatPublished, isLikeAlexnet } = await import('./ablation/alexnet.ts');
  const { backendOptions } = await import('./backendOptions.ts');
  const { lockedFolder } = await import('./lockedFolder.ts');
  const { packageVersion } = await import('./manifest.ts');
  const { progressBar } = await import('./progress.ts');
  const { resolveNetwork } = await import('./resolveNetwork.ts');
  const { openLabelData } = await import('./runData.ts');
  const { freeFolder } = await import('./train.ts');
  const { Rng } = await import('../lib/rng.ts');
  const { useBackend } = await import('../lib/backend/useBackend.ts');

  const wanted = runOptions(network, given);
  const backend = await useBackend(wanted.backend, {
    ...backendOptions(wanted),
    log: logBackend,
  });
  const options: RunOptions = { ...wanted, backend };
  const entry = await resolveNetwork(network, options);
  const data = await openLabelData(options, new Rng(options.seed), entry);
  const { variants, notes, weights, layers } = await variantsOf(options, data, named);
  notes.forEach(printNote);
  const isFile = isModuleFile(network) || isOnnxFile(network);
  const folder = out ?? freeFolder(`runs/${isFile ? parse(network).name : network}-ablation`);
  const { fingerprint } = data.metadata;
  const plan = { version: packageVersion(), options, fingerprint, weights };
  const unlock = await lockedFolder('--out', folder);
  const file = await AblationFile.open(folder, plan).catch(async (error: unknown) => {
    await unlock();
    throw error;
  });
  const tasks = variants.flatMap((variant) =>
    Array.from({ length: seeds }, (_, k) => ({ variant, seed: options.seed + k })),
  );
  const open = tasks.filter(({ variant, seed }) => !file.resultOf(variant.without, seed));
  const progress = progressBar(open.length * options.epochs * data.train.length, 'training');
  try {
    await untilSignal(async (signal) => {
      for (const [k, { variant, seed }] of open.entries()) {
        progress.show(k + 1);
        const { without } = variant;
        const onStep = ({ examples, loss }: { examples: number; loss: number }) =>
          progress.step(examples, loss);
        const result = await retrain({
          ...{ options, data, without, seed, onStep, signal },
        }).catch((error: unknown) => {
          if (signal.aborted) return undefined;
          throw error;
        });
        progress.hide();
        if (result === undefined) {
          const remedy = `the same command with --out ${folder} continues`;
          return endInterrupted(
            signal,
            `interrupted in training ${k + 1} of ${open.length}; ${remedy}`,
          );
        }
        await file.add(result);
        if (!json) printLine(describe(result, variant, { k: k + 1, of: open.length }));
      }
      const results = ({ without }: Variant) =>
        Array.from({ length: seeds }, (_, k) => file.resultOf(without, options.seed + k)).filter(
          (one) => one !== undefined,
        );
      const rows = ablationRows(variants, results);
      if (json) return printLine(JSON.stringify({ network, options, rows, results: file.results }));
      printLine(formatRetrained(rows, seeds));
      if (isLikeAlexnet(layers)) printLine(`\n${formatPublished()}`);
      printLine(`\nresults in ${file.file}`);
    });
  } finally {
    progress.hide();
    await unlock();
  }
}

function describe(
  { seed, errors, examples, seconds }: Retraining,
  { without }: Variant,
  { k, of }: { readonly k: number; readonly of: number },
): string {
  const name = without.length === 0 ? 'all layers' : `without ${without.join(' + ')}`;
  const error = ((100 * errors) / examples).toFixed(2);
  return `training ${k} of ${of}: ${name}, seed ${seed}: test error ${error} %, ${seconds.toFixed(0)} s`;
}
