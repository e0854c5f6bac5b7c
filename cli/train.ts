import { existsSync } from 'node:fs';
import { join, parse } from 'node:path';
import type { Command } from 'commander';
import { InputError } from '../lib/errors.ts';
import { refuseLinks } from '../lib/files/refuseLinks.ts';
import { launchOf } from '../lib/mpi/launcher.ts';
import { isModuleFile } from './moduleFile.ts';
import { isOnnxFile } from './onnxNetwork.ts';
import type { Group } from '../lib/group.ts';
import { endInterrupted, interruptedStatus, printLine, printNote, untilSignal } from './process.ts';
import { asRank, fromRank0 } from './ranks.ts';
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
  return command.action(async (network: string | undefined, given: TrainOptions) => {
    if (given.processes !== undefined) return trainInProcesses(command, network, given);
    if (given.maxRestarts !== undefined) {
      throw new InputError(
        '--max-restarts: expected --processes, which starts the processes that it restarts, got none',
      );
    }
    await asRank(async (group) => {
      // Only rank 0 needs access to the folder of the run.
      const run = await fromRank0(group, () => runOf(command, network, given));
      await trainRank(group, run);
    });
  });
}

/** Trains as one rank of a group, or as the only process. */
async function trainRank(group: Group, { options, folder, resumed }: Run): Promise<void> {
  const { trainNetwork } = await import('./trainNetwork.ts');
  const isFirst = group.rank === 0;
  await untilSignal(async (signal) => {
    try {
      const print = isFirst ? printLine : () => undefined;
      const outcome = await trainNetwork({ options, folder, resumed, group, print, signal });
      if (!isFirst) return;
      printOutcome(outcome, { options, folder }, group, signal);
      if (outcome.ended !== 'aborted') await report(options, folder);
    } catch (error) {
      if (isFirst) await reportFailure(options, folder);
      throw error;
    }
  });
}

/**
 * Starts the command in several processes. If one of them dies, all end, and the run continues from
 * its last checkpoint if a restart is left.
 */
async function trainInProcesses(
  command: Command,
  network: string | undefined,
  given: TrainOptions,
): Promise<void> {
  const { processes = 1, maxRestarts = 0 } = given;
  const { size = 1 } = launchOf(process.env) ?? {};
  if (size > 1) {
    throw new InputError(
      `--processes: expected no launcher, because it starts mpiexec itself, got one with ${size} ` +
        'processes; leave out --processes',
    );
  }
  const { launchRanks } = await import('./launchRanks.ts');
  const { folder } = await runOf(command, network, given);
  const args = withoutOptions(process.argv.slice(2), ['--processes', '--max-restarts']);
  const first =
    given.resume === undefined ? [...withoutOptions(args, ['--out']), '--out', folder] : args;
  const module = network !== undefined && isModuleFile(network) ? [network] : [];
  const isMoved = given.resume !== undefined && command.getOptionValueSource('data') === 'cli';
  const moved = isMoved && given.data !== undefined ? ['--data', given.data] : [];
  const again = ['train', ...module, '--resume', folder, ...moved];
  await untilSignal(async (signal) => {
    for (let restart = 0; ; restart++) {
      const canResume = () => existsSync(join(folder, 'checkpoint.safetensors'));
      const { status, died } = await launchRanks(
        processes,
        restart > 0 && canResume() ? again : first,
        signal,
      );
      process.exitCode = signal.aborted ? interruptedStatus(signal) : status;
      if (died === undefined || signal.aborted) return;
      const remedy = canResume()
        ? `boxprop ${again.join(' ')} --processes ${processes} continues the run`
        : 'it had no checkpoint yet, so start it again';
      const who = died.rank === undefined ? 'a process' : `rank ${died.rank}`;
      const problem = `${who} was ended by ${died.by}`;
      if (restart >= maxRestarts) throw new InputError(`${problem}; ${remedy}`);
      printNote(`${problem}; restart ${restart + 1} of ${maxRestarts}`);
    }
  });
}

/** Removes options and their values, in both forms: `--out x` and `--out=x`. */
function withoutOptions(args: readonly string[], flags: readonly string[]): string[] {
  return args.filter(
    (arg, i) => !flags.includes(arg.split('=')[0]) && !flags.includes(args[i - 1] ?? ''),
  );
}

/** Returns the options and the folder of a run, from the command line. */
async function runOf(
  command: Command,
  network: string | undefined,
  { config, resume }: TrainOptions,
): Promise<Run> {
  const configured =
    config === undefined ? undefined : applyOptions(command, config, await readConfig(config));
  const given = command.opts<TrainOptions>();
  return resume === undefined
    ? plannedRun(network ?? configured, given, command.getOptionValueSource('momentum') === 'cli')
    : resumedRun(command, resume, network, given);
}

/** The options of a run, and its folder. */
interface Run {
  readonly options: RunOptions;
  readonly folder: string;
  /** Describes how the run continues from its checkpoint; undefined for a new run. */
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
  if (network === undefined && given.from === undefined)
    throw new InputError("missing required argument 'network'");
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
  const started =
    given.from === undefined
      ? {}
      : await (await import('./pretrained.ts')).pretrainedOptions(given.from, network, given);
  const { network: chosen = network ?? '', ...startedWith } = { ...started, ...given };
  const { resolveNetwork } = await import('./resolveNetwork.ts');
  const entry = await resolveNetwork(chosen);
  const { statedOptions } = await import('./pretrained.ts');
  const stated = await statedOptions(chosen, entry, given);
  // The weights say how their inputs are prepared. Otherwise, the file of the network says it.
  const options =
    given.from === undefined
      ? { ...stated, ...startedWith }
      : { ...(stated.loss && { loss: stated.loss }), ...startedWith };
  const name = isModuleFile(chosen) || isOnnxFile(chosen) ? parse(chosen).name : chosen;
  return { options: runOptions(chosen, options), folder: given.out ?? freeFolder(`runs/${name}`) };
}

/** The options that `--resume` accepts beside it. */
const WITH_RESUME = ['--epochs', '--data', '--processes', '--max-restarts'];

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
      ? flags.find((flag) => !WITH_RESUME.includes(String(flag)))
      : 'a network';
  if (extra !== undefined) {
    throw new InputError(
      `--resume: expected no option but --epochs, --data and --processes, because the run keeps its own, got ${extra}`,
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
  { ended, epoch, result = '', testedOn, file }: TrainOutcome,
  { options: { network }, folder }: Pick<Run, 'options' | 'folder'>,
  { size }: Group,
  signal: AbortSignal,
): void {
  if (ended === 'aborted') {
    const module = isModuleFile(network) ? `${network} ` : '';
    const processes = size > 1 ? ` with ${size} processes` : '';
    const remedy = `boxprop train ${module}--resume ${folder} continues the run${processes}`;
    return endInterrupted(signal, `interrupted in epoch ${epoch}; ${remedy}`);
  }
  const early = ended === 'early' ? ', stopped early' : '';
  printLine(
    `${testedOn} ${result} after ${epoch} epoch${epoch === 1 ? '' : 's'}${early}; weights in ${file}`,
  );
}
