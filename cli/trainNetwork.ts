import { existsSync, readdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { useBackend, type BackendName } from '../lib/backend/useBackend.ts';
import { broadcastText, GroupStopped, type Group } from '../lib/group.ts';
import { broadcastState, requireSame } from '../train/equalRanks.ts';
import { packageVersion } from './manifest.ts';
import { backendOptions } from './backendOptions.ts';
import { BoxpropError, InputError, show } from '../lib/errors.ts';
import { loadCheckpoint, saveCheckpoint } from '../train/checkpoint.ts';
import { RunLog } from '../train/runLog.ts';
import { systemProblem } from '../lib/files/systemError.ts';
import { loadWeights, saveWeights } from '../formats/safetensors/weights.ts';
import { writeFileAtomic } from '../lib/files/writeFileAtomic.ts';
import { Rng } from '../lib/rng.ts';
import type { Module } from '../lib/module.ts';
import {
  evaluate,
  type Evaluation,
  type TargetEvaluateOptions,
  type TargetEvaluation,
} from '../train/evaluate.ts';
import { evaluateFinite, evaluateTargetsFinite } from '../train/requireFinite.ts';
import { batchCount } from '../data/batches.ts';
import { hasTargets } from '../data/targets.ts';
import { Trainer, type EpochEvent, type TrainingData } from '../train/trainer.ts';
import { allMetrics, mainMetric } from './describeTargets.ts';
import { formatLoss } from './formatLoss.ts';
import { lockedFolder } from './lockedFolder.ts';
import { logBackend, printNote } from './process.ts';
import { isOnnxFile } from './onnxNetwork.ts';
import { progressBar } from './progress.ts';
import { loadPretrained, type Pretrained } from './pretrained.ts';
import { hiddenOf } from '../report/insides.ts';
import type { HiddenStats } from '../report/runLines.ts';
import type { ResolvedNetwork } from './resolvedNetwork.ts';
import { imageShapeOf, resolveNetwork } from './resolveNetwork.ts';
import { openRunData } from './runData.ts';
import type { DataEnds, RunData } from './runParts.ts';
import { storeEpochs, withAbsolutePaths, writeConfig } from './runFolder.ts';
import { refuseFiles, RUN_FILES } from './runFiles.ts';
import { checkSameData } from './sameData.ts';
import { backendNotes, networkMetadata, settingsMetadata } from './sameSettings.ts';
import type { Targets } from './targets.ts';
import type { RunOptions } from './trainOptions.ts';
import { augmented, averageOf, costOf, optimizerOf, scheduleOf, trainable } from './trainParts.ts';
import { METADATA_VERSION } from './weightsFile.ts';

/** The result of a training run. */
export interface TrainOutcome {
  /**
   * The reason why the training ended: all epochs were done, a signal arrived, or the validation
   * error stopped decreasing.
   */
  readonly ended: 'completed' | 'aborted' | 'early';
  /**
   * If the run was aborted, the epoch in progress; otherwise the epoch whose weights were saved.
   */
  readonly epoch: number;
  /**
   * The result of the saved weights on the test examples, such as `accuracy 97.12 %`; undefined if
   * the run was aborted.
   */
  readonly result?: string;
  /**
   * Which examples the run was tested on. If the data has no test examples, the validation examples
   * are used.
   */
  readonly testedOn: RunData['testedOn'];
  /** The path of the weights file. */
  readonly file: string;
}

/** A run that continues. */
export interface Resumed {
  /** Notes about options that differ from those with which the run began. */
  readonly notes: readonly string[];
  /** Whether the user named the number of epochs. If so, it is written into `config.json`. */
  readonly epochsNamed: boolean;
}

/** The arguments of `trainNetwork`. */
export interface TrainNetworkOptions {
  /** The options of the run. */
  readonly options: RunOptions;
  /** The folder of the run. Only rank 0 reads and writes it. */
  readonly folder: string;
  /** Describes how the run continues from its checkpoint; undefined for a new run. */
  readonly resumed?: Resumed | undefined;
  /** The processes that train together. */
  readonly group: Group;
  /** Receives a line after each epoch and prints it. */
  readonly print: (line: string) => void;
  /** Ends the run after the step in progress, with a checkpoint. */
  readonly signal: AbortSignal;
}

/**
 * Trains a network in a folder. It writes `config.json`, `log.jsonl`, `checkpoint.safetensors` with
 * everything that a resumed run needs, and `weights.safetensors` of the epoch with the smallest
 * validation error or, without a validation set, of the last epoch. The same options and backend
 * give the same weights, bit for bit, however often the run is stopped and resumed.
 *
 * Errors: those of the data and of the `Trainer`; a folder that cannot be written or that another
 *         process uses, which is reported before training.
 */
export async function trainNetwork({
  options,
  folder,
  resumed,
  group,
  print,
  signal,
}: TrainNetworkOptions): Promise<TrainOutcome> {
  const { epochs, batchSize, dropLast = false, compile = true, seed } = options;
  const { syncBatchNorm = false, accumulate = 1 } = options;
  const isFirst = group.rank === 0;
  const backend = await rankBackend(group, options);
  const entry = await resolveNetwork(options.network, options);
  const rng = new Rng(seed);
  const data = await openRunData(options, rng, entry);
  const { validation, testedOn, targets, ends } = data;
  const train = hasTargets(data.train) ? data.train : augmented(data.train, options);
  const cost = costOf(options, targets);
  const { network: whole, notes } = await startingNetwork(entry, options, {
    data: ends,
    targets,
    rng: rng.split(),
    // The other ranks get the parameters of rank 0, and a resumed run gets those of its checkpoint.
    from: isFirst && resumed === undefined ? options.from : undefined,
    resumed: resumed !== undefined || options.from !== undefined,
  });
  const network = trainable(whole, options);
  const optimizer = optimizerOf(options, network);
  const average = averageOf(options, network);
  const state = { network, optimizer, ...(average && { average }) };
  const stepsPerEpoch = batchCount(train.length, batchSize, { dropLast });
  const examplesPerEpoch = Math.min(train.length, stepsPerEpoch * batchSize);
  const { schedule, plateau } = scheduleOf(options, stepsPerEpoch);
  const runLog = isFirst ? new RunLog(join(folder, 'log.jsonl')) : undefined;
  const [checkpointFile, file] = ['checkpoint', 'weights'].map((name) =>
    join(folder, `${name}.safetensors`),
  );
  const progress = isFirst ? progressBar(epochs * examplesPerEpoch) : undefined;
  const about = {
    metadataVersion: METADATA_VERSION,
    network: networkMetadata(options.network),
    seed: String(seed),
    backend,
    ...data.metadata,
    ...(options.architecture && { architecture: JSON.stringify(options.architecture) }),
  };
  let started = performance.now();

  const onEpoch = async (event: EpochEvent<TrainingData>): Promise<void> => {
    progress?.hide();
    const { epoch, train: own, validation: measured, layers: boxes, learningRate, step } = event;
    const seconds = (performance.now() - started) / 1000;
    const held =
      measured ??
      (await measure(network, data.test, { cost, step: step - 1, compile, group, signal }));
    const on = measured === undefined ? 'test' : 'validation';
    const measuredAs = 'errorRate' in held ? classification(held) : targetFigures(held);
    runLog?.add({
      type: 'epoch',
      epoch,
      step,
      train: own,
      on,
      validation: { loss: held.loss, ...measuredAs.logged },
      learningRate,
      seconds,
      boxes,
      ...(isFirst && options.report !== false && { hidden: await hiddenStats(network, data.test) }),
    });
    if (isFirst && (measured === undefined || event.best)) {
      const tensors = { ...network.params, ...network.buffers };
      const [name, value] = measuredAs.stored;
      await saveWeights(file, tensors, {
        ...about,
        epoch: String(epoch),
        [`${on}${name}`]: value,
      });
    }
    const metrics = 'metrics' in own ? own.metrics : { errorRate: own.errorRate };
    print(
      `epoch ${epoch}/${epochs}: loss ${formatLoss(own.loss)}, training ${mainMetric(metrics)}, ${on} ${measuredAs.words}, ` +
        `${Math.round(examplesPerEpoch / seconds)} examples/s${exchangeNote(event, seconds)}`,
    );
    started = performance.now();
    if (epoch < epochs) progress?.show(epoch + 1);
  };
  const { patience, checkpointSteps } = options;
  const trainer: Trainer<TrainingData> = new Trainer<TrainingData>({
    ...state,
    train,
    batchSize,
    accumulate,
    dropLast,
    epochs,
    rng,
    signal,
    schedule,
    onEpoch,
    ...(validation && { validation }),
    ...(plateau && { plateau }),
    ...(patience !== undefined && { patience }),
    compile,
    group,
    syncBatchNorm,
    ...(checkpointSteps !== undefined && { checkpointSteps }),
    cost,
    onStep: (event) => {
      runLog?.add({ type: 'step', ...event });
      progress?.step(event.examples, event.loss);
    },
    checkpoint: async () => {
      await runLog?.flush();
      await save();
    },
  });
  const save = () =>
    saveCheckpoint(checkpointFile, {
      ...state,
      progress: trainer.progress,
      metadata: { ...about, settings: settingsMetadata(options) },
    });
  const fail = async (message: string) => {
    runLog?.add({ type: 'failed', step: trainer.progress.step, message });
    // An error is ignored here, because the disk itself may have failed.
    await runLog?.flush().catch(() => undefined);
  };
  let training = false;
  let unlock: (() => Promise<void>) | undefined;
  try {
    requireSame(group, { 'version of boxprop': packageVersion(), ...about });
    if (isFirst) unlock = await lockedFolder(resumed ? '--resume' : '--out', folder);
    if (runLog !== undefined && resumed) {
      await checkSameData(checkpointFile, data.metadata);
      const notes = [...resumed.notes, ...(await backendNotes(checkpointFile, backend))];
      trainer.restore(await loadCheckpoint(checkpointFile, state));
      const { step } = trainer.progress;
      const missing = await runLog.rewind(step);
      if (missing > 0) {
        notes.push(
          `${runLog.file}: expected a line for each of the ${step} steps of the checkpoint, ` +
            `${missing} are missing: the report's curves have gaps`,
        );
      }
      if (resumed.epochsNamed) {
        await save();
        await storeEpochs(folder, epochs);
      }
      notes.forEach(printNote);
    } else if (isFirst) {
      await checkNewFolder(folder, [checkpointFile, file]);
      await writeConfig(folder, withAbsolutePaths(options));
      await save();
    }
    data.lines().forEach(print);
    notes.forEach(print);
    progress?.show(Math.floor(trainer.progress.step / stepsPerEpoch) + 1);
    training = true;
    const result = await trainer.run();
    if (result.ended === 'aborted') {
      return { ended: 'aborted', epoch: result.epochs + 1, testedOn, file };
    }
    average?.assign();
    if (validation !== undefined) {
      if (isFirst) await loadWeights(file, { ...network.params, ...network.buffers });
      await broadcastState(group, network, optimizer);
    }
    const tested = hasTargets(data.test)
      ? await evaluate(network, data.test, { cost, compile, group, signal })
      : await evaluate(network, data.test, { compile, group, signal });
    const epoch = result.best?.epoch ?? result.epochs;
    return { ended: result.ended, epoch, result: resultWords(tested, targets), testedOn, file };
  } catch (error) {
    const isStop = error instanceof GroupStopped || (signal.aborted && error === signal.reason);
    if (!isStop) {
      if (training && error instanceof BoxpropError) await fail(error.message);
      throw error;
    }
    const epoch = Math.max(1, Math.ceil(trainer.progress.step / stepsPerEpoch));
    return { ended: 'aborted', epoch, testedOn, file };
  } finally {
    progress?.hide();
    optimizer.dispose();
    average?.dispose();
    network.dispose();
    await unlock?.();
  }
}

/** Builds the network of a run, with the weights of a file if the run starts with one. */
async function startingNetwork(
  entry: ResolvedNetwork,
  { network }: RunOptions,
  {
    data,
    targets,
    rng,
    from,
    resumed,
  }: {
    data: DataEnds;
    targets: Targets | undefined;
    rng: Rng;
    from: string | undefined;
    resumed: boolean;
  },
): Promise<Pretrained> {
  if (from !== undefined)
    return loadPretrained(from, { network, entry }, { ...data, targets }, rng);
  const { classes } = data;
  if (isOnnxFile(network) && !resumed && entry.classes > 0 && entry.classes !== classes) {
    throw new InputError(
      `${network}: expected data of its ${entry.classes} classes, got ${classes}: --from ${network} gives it a new head`,
    );
  }
  return {
    network: await entry.build({ rng, inputShape: imageShapeOf(data), classes }),
    notes: [],
  };
}

/**
 * Starts the backend of a rank. All ranks use the backend that rank 0 chooses. If ranks share a
 * machine, each gets its share of the processors, and its own graphics card if there are several.
 */
async function rankBackend(group: Group, options: RunOptions): Promise<BackendName> {
  const { rank, localRank, localSize } = group;
  const share = Math.max(1, Math.floor(availableParallelism() / localSize));
  const cards = graphicsCards();
  if (localSize > 1 && cards > 1) process.env.CUDA_VISIBLE_DEVICES ??= String(localRank % cards);
  const settings = {
    ...(localSize > 1 && { threads: share }),
    ...backendOptions(options),
    log: rank === 0 ? logBackend : () => undefined,
  };
  const first = rank === 0 ? await useBackend(options.backend, settings) : undefined;
  const chosen = broadcastText(group, first ?? '') as BackendName;
  return first ?? useBackend(chosen, settings);
}

/** Returns the number of NVIDIA cards of this machine. */
function graphicsCards(): number {
  try {
    return readdirSync('/proc/driver/nvidia/gpus').length;
  } catch {
    return 0;
  }
}

/** Returns how much of an epoch rank 0 spent on the exchange of gradients. */
function exchangeNote({ exchangeSeconds }: EpochEvent, seconds: number): string {
  return exchangeSeconds === undefined
    ? ''
    : `, ${((100 * exchangeSeconds) / seconds).toFixed(1)} % of the time in exchange`;
}

/** Returns the statistics of the hidden units, which the report draws over the epochs. */
async function hiddenStats(network: Module, test: TrainingData): Promise<HiddenStats[]> {
  // The report of a run with targets does not draw them.
  if (hasTargets(test)) return [];
  const hidden = await hiddenOf(network, test);
  return hidden.map(({ box, dead, sparsityAcrossExamples, sparsityAcrossUnits, correlation }) => {
    return { box, dead, sparsityAcrossExamples, sparsityAcrossUnits, correlation };
  });
}

/** The figures of an epoch on a dataset. */
interface HeldFigures {
  /** The figures of the log, apart from the loss. */
  readonly logged: Readonly<Record<string, unknown>>;
  /** The name and the value of the entry in the weights' metadata. */
  readonly stored: readonly [name: string, value: string];
  /** The main figure, as it is printed. */
  readonly words: string;
}

function classification({ errorRate, top5Errors, examples }: Evaluation): HeldFigures {
  return {
    logged: { errorRate, top5: top5Errors / examples },
    stored: ['Accuracy', (1 - errorRate).toFixed(4)],
    words: mainMetric({ errorRate }),
  };
}

function targetFigures({ loss, metrics }: TargetEvaluation): HeldFigures {
  return { logged: { metrics }, stored: ['Loss', String(loss)], words: mainMetric(metrics) };
}

/** Returns the result on the test examples in words. */
function resultWords(tested: Evaluation | TargetEvaluation, targets: Targets | undefined): string {
  if ('accuracy' in tested) return `accuracy ${(100 * tested.accuracy).toFixed(2)} %`;
  return targets === undefined ? mainMetric(tested.metrics) : allMetrics(tested, targets);
}

/** Evaluates a network on labels or targets, and checks that the loss is finite. */
function measure(
  network: Module,
  dataset: TrainingData,
  { cost, ...options }: TargetEvaluateOptions & { readonly step: number },
): Promise<Evaluation | TargetEvaluation> {
  return hasTargets(dataset)
    ? evaluateTargetsFinite(network, dataset, { cost, ...options })
    : evaluateFinite(network, dataset, options);
}

/**
 * Checks that files can be saved in a folder, and that the folder contains neither a run nor a
 * search.
 */
async function checkNewFolder(folder: string, files: readonly string[]): Promise<void> {
  try {
    const probe = join(folder, `.probe.${process.pid}`);
    await writeFileAtomic(probe, '');
    await rm(probe);
  } catch (error) {
    const cause = error instanceof BoxpropError ? error.cause : error;
    throw new InputError(
      `--out: expected a folder that can be written, got ${show(folder)}: ${systemProblem(cause)}`,
    );
  }
  for (const file of files) {
    const found = await stat(file).catch(() => undefined);
    if (found?.isDirectory())
      throw new InputError(`--out: expected ${file} to be a file, got a folder`);
    if (found !== undefined) {
      throw new InputError(
        `--out: expected a folder without a run, got ${show(folder)}; --resume ${folder} continues it`,
      );
    }
  }
  // The folder of a search belongs to the search only.
  if (existsSync(join(folder, 'search.json'))) {
    throw new InputError(`--out: expected a folder without a search, got ${show(folder)}`);
  }
  await refuseFiles(folder, RUN_FILES);
}
