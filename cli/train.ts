import { existsSync } from 'node:fs';
import { join, parse } from 'node:path';
import type { Command } from 'commander';
import { InputError } from '../lib/errors.ts';
import { refuseLinks } from '../lib/files/refuseLinks.ts';
import { isModuleFile } from './moduleFile.ts';
import { endInterrupted, printLine, untilSignal } from './process.ts';
import { applyOptions, readConfig } from './runConfig.ts';
import { RUN_FILES } from './runFiles.ts';
import { readRun } from './runFolder.ts';
import { runOptions, trainOptions, type RunOptions, type TrainOptions } from './trainOptions.ts';
import type { Resumed, TrainOutcome } from './trainNetwork.ts';

/**
 * Makes the command `boxprop train NETWORK`. A signal ends it after the step in progress, with a
 * checkpoint and exit status 128 + signal.
 */
export function trainCommand(): Command {
  const command = trainOptions();
  return command.action(async (network: string | undefined, { config, resume }: TrainOptions) => {
    const configured =
      config === undefined ? undefined : applyOptions(command, config, await readConfig(config));
    const given = command.opts<TrainOptions>();
    const { options, folder, resumed } =
      resume === undefined
        ? await plannedRun(
            network ?? configured,
            given,
            command.getOptionValueSource('momentum') === 'cli',
          )
        : await resumedRun(command, resume, network, given);
    const { trainNetwork } = await import('./trainNetwork.ts');
    await untilSignal(async (signal) => {
      try {
        const outcome = await trainNetwork(options, folder, resumed, printLine, signal);
        printOutcome(outcome, folder, options.network, signal);
        if (outcome.ended !== 'aborted') await report(options, folder);
      } catch (error) {
        await reportFailure(options, folder);
        throw error;
      }
    });
  });
}

/** The options of a run, and its folder. */
interface Run {
  readonly options: RunOptions;
  readonly folder: string;
  /** Is set if the run continues. */
  readonly resumed?: Resumed;
}

/** The backends that use `--threads`, and `auto`, which may choose one of them. */
const THREADED: readonly TrainOptions['backend'][] = [
  'auto',
  'tensorflow-gpu',
  'tensorflow',
  'wasm',
];

async function plannedRun(
  network: string | undefined,
  given: TrainOptions,
  momentumGiven: boolean,
): Promise<Run> {
  if (network === undefined) throw new InputError("missing required argument 'network'");
  if (momentumGiven && !['sgd', 'rmsprop'].includes(given.optimizer)) {
    throw new InputError(`--momentum: expected --optimizer sgd or rmsprop, got ${given.optimizer}`);
  }
  if (given.threads !== undefined && !THREADED.includes(given.backend)) {
    const known = THREADED.join(', ');
    throw new InputError(`--threads: expected --backend ${known}, got ${given.backend}`);
  }
  if (given.simd !== undefined && !['auto', 'wasm'].includes(given.backend)) {
    throw new InputError(`--simd: expected --backend auto, wasm, got ${given.backend}`);
  }
  const { resolveNetwork } = await import('./resolveNetwork.ts');
  await resolveNetwork(network);
  const name = isModuleFile(network) ? parse(network).name : network;
  return { options: runOptions(network, given), folder: given.out ?? freeFolder(`runs/${name}`) };
}

async function resumedRun(
  command: Command,
  folder: string,
  network: string | undefined,
  { epochs, data }: TrainOptions,
): Promise<Run> {
  const given = command.options.filter(
    (option) => command.getOptionValueSource(option.attributeName()) === 'cli',
  );
  const flags = given.map(({ long }) => long).filter((flag) => flag !== '--resume');
  const isModule = network !== undefined && isModuleFile(network);
  const extra =
    network === undefined || isModule
      ? flags.find((flag) => flag !== '--epochs' && flag !== '--data')
      : 'a network';
  if (extra !== undefined) {
    throw new InputError(
      `--resume: expected no option but --epochs and --data, because the run keeps its own, got ${extra}`,
    );
  }
  const remedy = `train FILE --resume ${folder}`;
  const option = '--resume';
  const options = await readRun(folder, { option, remedy, network, data });
  await refuseLinks(folder, RUN_FILES);
  const epochsNamed = flags.includes('--epochs');
  const { checkSameSettings } = await import('./sameSettings.ts');
  const notes = await checkSameSettings({
    option,
    folder,
    options,
    networkNamed: network !== undefined,
    ...(epochsNamed && { epochs }),
  });
  return {
    options: epochsNamed ? { ...options, epochs } : options,
    folder,
    resumed: { notes, epochsNamed },
  };
}

/**
 * Returns the path of a folder that does not exist yet: `runs/lenet`, or if that exists
 * `runs/lenet-2`, and so on.
 */
export function freeFolder(folder: string): string {
  let [free, number] = [folder, 1];
  while (existsSync(free)) free = `${folder}-${++number}`;
  return free;
}

async function report(options: RunOptions, folder: string): Promise<void> {
  if (options.report === false) return;
  const { reportRun } = await import('./reportRun.ts');
  const [file] = await reportRun(folder, options, join(folder, 'report.html'));
  printLine(`report in ${file}`);
}

/**
 * Writes the report of a run whose training failed. If that fails too, the error is ignored,
 * because the failure of the training is reported.
 */
async function reportFailure(options: RunOptions, folder: string): Promise<void> {
  const { readLog } = await import('../train/runLog.ts');
  const log = await readLog(join(folder, 'log.jsonl')).catch(() => []);
  if (log.at(-1)?.type === 'failed') await report(options, folder).catch(() => undefined);
}

function printOutcome(
  { ended, epoch, accuracy = 0, testedOn, file }: TrainOutcome,
  folder: string,
  network: string,
  signal: AbortSignal,
): void {
  if (ended === 'aborted') {
    const module = isModuleFile(network) ? `${network} ` : '';
    const remedy = `boxprop train ${module}--resume ${folder} continues the run`;
    return endInterrupted(signal, `interrupted in epoch ${epoch}; ${remedy}`);
  }
  const early = ended === 'early' ? ', stopped early' : '';
  printLine(
    `${testedOn} accuracy ${(100 * accuracy).toFixed(2)} % after ${epoch} epoch${epoch === 1 ? '' : 's'}${early}; weights in ${file}`,
  );
}
