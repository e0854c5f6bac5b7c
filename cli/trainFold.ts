import { batchCount } from '../data/batches.ts';
import type { Dataset } from '../data/dataset.ts';
import { applyPreprocessing, parsePreprocessing } from '../data/preprocessingSteps.ts';
import { subset } from '../data/split.ts';
import { foldIndices } from '../data/stratify.ts';
import { InputError, show } from '../lib/errors.ts';
import type { Module } from '../lib/module.ts';
import { Rng } from '../lib/rng.ts';
import { evaluate } from '../train/evaluate.ts';
import { Trainer, type StepEvent } from '../train/trainer.ts';
import { requireClasses } from './describeData.ts';
import { openData, type DataOptions } from './openData.ts';
import type { OpenedData } from './openedData.ts';
import { imageShapeOf, resolveNetwork } from './resolveNetwork.ts';
import { limited } from './runParts.ts';
import type { RunOptions } from './trainOptions.ts';
import { augmented, averageOf, costOf, optimizerOf, scheduleOf, trainable } from './trainParts.ts';

/** The settings of the split of the training examples into folds. */
export interface FoldSplit {
  /** The number of folds. */
  readonly folds: number;
  /** The seed of the random split. */
  readonly seed: number;
}

/** The two datasets of a fold. */
export interface Fold {
  /** The examples that the network is trained on. */
  readonly train: Dataset;
  /** The examples that are held out, on which the network is evaluated. */
  readonly held: Dataset;
}

/** The result of a network on the held-out examples. */
export interface FoldScore {
  /** The number of misclassified held-out examples. */
  readonly errors: number;
  /** The number of held-out examples. */
  readonly examples: number;
  /** The mean loss on the held-out examples, in nats. */
  readonly loss: number;
}

/**
 * Splits the training examples of a run into K folds, the same for all trials. Each fold holds out
 * one part. The test examples are not used.
 *
 * Errors: invalid data; a limit above the number of examples; more folds than examples.
 * @param onOpened is called with the data once it has been read.
 */
export async function openFolds(
  options: DataOptions & Pick<RunOptions, 'limit' | 'target'>,
  { folds, seed }: FoldSplit,
  onOpened: (opened: OpenedData) => void = () => undefined,
): Promise<Fold[]> {
  if (options.target !== undefined) {
    throw new InputError(
      `target: expected data of classes for a search, got ${show(options.target)}`,
    );
  }
  const opened = await openData(options);
  onOpened(opened);
  const train = limited(opened.train, options.limit);
  requireClasses(train);
  const parts = await foldIndices(train, folds, new Rng(seed));
  return parts.map((held, k) => ({
    train: subset(train, parts.filter((_, other) => other !== k).flat()),
    held: subset(train, held, { name: `${train.name}, fold ${k}` }),
  }));
}

/**
 * Preprocesses the inputs of a fold. The mean and standard deviation are computed from the fold's
 * training examples only. The preprocessing boxes are used as long as the data of the fold.
 */
export async function preprocessFold(
  { train, held }: Fold,
  steps: readonly string[],
): Promise<Fold> {
  const preprocessing = await parsePreprocessing(steps, train);
  return {
    train: applyPreprocessing(train, preprocessing),
    held: applyPreprocessing(held, preprocessing),
  };
}

/**
 * Trains a network on a fold's training examples, as `boxprop train` would, and evaluates it on the
 * held-out examples. The initial weights and the order of the examples depend on the run's seed and
 * the fold, but not on the trial, so trials differ only in their options. The weights of the last
 * epoch are evaluated, because the held-out examples must influence neither the schedule nor the
 * choice of an epoch.
 *
 * Errors: those of the network; a loss that is not finite.
 */
export async function trainFold(
  options: RunOptions,
  { train, held }: Fold,
  fold: number,
): Promise<FoldScore> {
  const rng = new Rng(options.seed).fold(fold);
  const entry = await resolveNetwork(options.network, options);
  const whole = await entry.build({
    rng: rng.split(),
    inputShape: imageShapeOf(train),
    classes: train.classes,
  });
  return trainOnce(options, whole, { train, held, rng });
}

/** The data of a training whose last weights are evaluated, and its generator. */
export interface TrainOnceOptions extends Fold {
  readonly rng: Rng;
  /** Is called after each step with the number of its examples and its loss. */
  readonly onStep?: (event: StepEvent) => void;
  /** Ends the training after the step in progress. */
  readonly signal?: AbortSignal;
}

/**
 * Trains a network as `boxprop train` would, without a folder, evaluates the weights of the last
 * epoch on the held-out examples, and disposes the network.
 *
 * Errors: a loss that is not finite; the reason of the signal if it ended the training.
 */
export async function trainOnce(
  options: RunOptions,
  whole: Module,
  { train, held, rng, onStep, signal }: TrainOnceOptions,
): Promise<FoldScore> {
  const { batchSize, dropLast = false, compile = true, epochs, accumulate = 1 } = options;
  const network = trainable(whole, options);
  const optimizer = optimizerOf(options, network);
  const average = averageOf(options, network);
  try {
    const stepsPerEpoch = batchCount(train.length, batchSize, { dropLast });
    const { schedule, plateau } = scheduleOf(options, stepsPerEpoch);
    await new Trainer({
      network,
      cost: costOf(options),
      optimizer,
      ...(average && { average }),
      accumulate,
      train: augmented(train, options),
      batchSize,
      dropLast,
      epochs,
      rng,
      schedule,
      compile,
      ...(plateau && { plateau }),
      ...(onStep && { onStep }),
      ...(signal && { signal }),
    }).run();
    signal?.throwIfAborted();
    average?.assign();
    const { errors, examples, loss } = await evaluate(network, held, { compile });
    return { errors, examples, loss };
  } finally {
    optimizer.dispose();
    average?.dispose();
    network.dispose();
  }
}
