import { SoftmaxCrossEntropy } from '../losses/softmaxCrossEntropy.ts';
import type { Dataset } from '../data/dataset.ts';
import { prepared, preparationsOf } from '../data/preparation.ts';
import { subset } from '../data/split.ts';
import { foldIndices } from '../data/stratify.ts';
import { Rng } from '../lib/rng.ts';
import { evaluate } from '../train/evaluate.ts';
import { Trainer } from '../train/trainer.ts';
import { openData } from './openData.ts';
import { imageShapeOf } from './networks.ts';
import { openNetwork } from './openNetwork.ts';
import { limited } from './runData.ts';
import type { RunOptions } from './runOptions.ts';
import { augmented, optimizerOf, scheduleOf } from './trainParts.ts';

/** How the training records are cut. */
export interface Cut {
  readonly folds: number;
  readonly seed: number;
}

/** What a network is trained on, and what it is then asked. */
export interface Fold {
  readonly train: Dataset;
  readonly held: Dataset;
}

export interface FoldScore {
  /** Of the records held out. */
  readonly errors: number;
  readonly records: number;
  readonly loss: number;
}

/**
 * The training records of a run in K parts that are the same for all trials; each in turn is held out, and the test records
 * are not touched.
 *
 * Errors: those of the data, a limit past it, more folds than records.
 */
export async function openFolds(
  { data, shape, limit }: Pick<RunOptions, 'data' | 'shape' | 'limit'>,
  { folds, seed }: Cut,
): Promise<Fold[]> {
  const train = limited((await openData(data, shape)).train, limit);
  const parts = await foldIndices(train, folds, new Rng(seed));
  return parts.map((held, k) => ({
    train: subset(train, parts.filter((_, other) => other !== k).flat()),
    held: subset(train, held, `${train.name}, fold ${k}`),
  }));
}

/**
 * Prepares the inputs of a fold, with what the records that it trains on alone say of mean and deviation. The boxes that do
 * it live as long as the fold's data.
 */
export async function prepareFold({ train, held }: Fold, words: readonly string[]): Promise<Fold> {
  const preparations = await preparationsOf(words, train);
  return { train: prepared(train, preparations), held: prepared(held, preparations) };
}

/**
 * Trains a network as `boxprop train` would, on one fold's training records, and asks it for those held out. Weights and
 * order depend on the run's seed and the fold, not on the trial, so trials differ in nothing but what varies. What is held
 * out has no say before the end: not in the schedule, and not in which epoch is taken, which is the last.
 *
 * Errors: those of the network, and of training: a loss that is not finite.
 */
export async function trainFold(
  options: RunOptions,
  { train, held }: Fold,
  fold: number,
): Promise<FoldScore> {
  const { batch: batchSize, epochs } = options;
  const rng = new Rng(options.seed).fold(fold);
  const entry = await openNetwork(options.network, options.architecture);
  const network = entry.build({
    rng: rng.split(),
    inputShape: imageShapeOf(train),
    classes: train.classes,
  });
  const optimizer = optimizerOf(options, network);
  try {
    const { schedule, plateau } = scheduleOf(options, Math.ceil(train.length / batchSize));
    const cost = new SoftmaxCrossEntropy();
    await new Trainer({
      network,
      cost,
      optimizer,
      train: augmented(train, options),
      batchSize,
      epochs,
      rng,
      schedule,
      ...(plateau && { plateau }),
    }).run();
    const { errors, examples: records, loss } = await evaluate(network, held, 250);
    return { errors, records, loss };
  } finally {
    optimizer.dispose();
    network.dispose();
  }
}
