import { memory } from '@tensorflow/tfjs-core';
import {
  Adam,
  BatchNorm,
  Conv2D,
  Dropout,
  Flatten,
  Linear,
  ReLU,
  Rng,
  Sequential,
  SGD,
  SoftmaxCrossEntropy,
  SpatialDropout,
  useBackend,
  type BackendName,
} from '../../../index.ts';
import { ArrayDataset, augment, flip, shift } from '../../../data/index.ts';
import type { Group } from '../../../lib/group.ts';
import { evaluate, freeze, Trainer, WeightAverage, type EpochEvent } from '../../../train/index.ts';

/** A training that a spec runs on several ranks. */
export interface Job {
  readonly backend: BackendName;
  readonly examples: number;
  readonly batchSize: number;
  readonly epochs: number;
  readonly batchNorm: 'none' | 'ranks' | 'all';
  readonly dropout: boolean;
  readonly optimizer: 'sgd' | 'adam';
  readonly weights: boolean;
  readonly reduction: 'mean' | 'sum';
  /** Runs two boxes a second time, so that their gradients are sums. */
  readonly shared: boolean;
  /** Whether the result has the moving average of the weights. */
  readonly average?: boolean;
  /** The number of parts of a batch. */
  readonly accumulate?: number;
  /** The paths of boxes that are frozen. */
  readonly frozen?: readonly string[];
  /** The seed of the weights on rank r is seed + r: `run` must make the ranks equal. */
  readonly seed: number;
  /** The rank whose signal stops the training after 3 steps. */
  readonly abortedBy?: number;
  /** Changes an option on rank 1. */
  readonly other?: Partial<Job>;
}

export const JOB: Job = {
  backend: 'float64',
  examples: 22,
  batchSize: 8,
  epochs: 17,
  batchNorm: 'all',
  dropout: true,
  optimizer: 'adam',
  weights: true,
  reduction: 'mean',
  shared: false,
  seed: 1,
};

/** The result of a rank. */
export interface RankResult {
  readonly params: readonly number[];
  readonly buffers: readonly number[];
  readonly losses: readonly number[];
  readonly validation: readonly (number | undefined)[];
  readonly trainErrors: readonly number[];
  readonly steps: number;
  readonly ended: string;
  /** The number of tensors that the steps left behind. */
  readonly leaked: number;
  readonly error?: string;
}

const CLASSES = 3;
const [HEIGHT, WIDTH] = [7, 6];

function examples(count: number, seed: number): ArrayDataset {
  const rng = new Rng(seed);
  return new ArrayDataset({
    name: `toy ${seed}`,
    inputs: Float32Array.from(rng.normals(count * HEIGHT * WIDTH * 2)),
    inputShape: [HEIGHT, WIDTH, 2],
    labels: Array.from({ length: count }, () => rng.integer(CLASSES)),
    classes: CLASSES,
  });
}

function build({ batchNorm, dropout, shared, seed }: Job): Sequential {
  const rng = new Rng(seed);
  // The gradient of a bias in front of BatchNorm is 0, and Adam would magnify its rounding.
  const bias = batchNorm === 'none';
  const twice = [new Conv2D(4, 4, 3, { padding: 1, rng }), new ReLU()];
  return new Sequential([
    new Conv2D(2, 4, 3, { stride: 2, padding: 1, bias, rng }),
    ...(batchNorm === 'none' ? [] : [new BatchNorm(4)]),
    new ReLU(),
    ...(shared ? [...twice, ...twice] : []),
    ...(dropout ? [new SpatialDropout({ p: 0.3 })] : []),
    new Flatten(),
    new Linear(4 * 4 * 3, 8, { bias, rng }),
    ...(batchNorm === 'none' ? [] : [new BatchNorm(8)]),
    new ReLU(),
    ...(dropout ? [new Dropout({ p: 0.3 })] : []),
    new Linear(8, CLASSES, { rng }),
  ]);
}

/** Trains a network as one rank of a group. */
export async function runJob(group: Group, given: Job): Promise<RankResult> {
  const job = { ...given, ...(group.rank === 1 && given.other) };
  await useBackend(job.backend, { log: () => undefined });
  const network = build({ ...job, seed: job.seed + group.rank });
  const trained = job.frozen ? freeze(network, job.frozen) : network;
  const optimizer =
    job.optimizer === 'adam'
      ? new Adam(trained.params, { learningRate: 0.01 })
      : new SGD(trained.params, { learningRate: 0.05, momentum: 0.9, weightDecay: 0.01 });
  const average = job.average ? new WeightAverage(trained, { decay: 0.9 }) : undefined;
  const losses: number[] = [];
  const epochs: EpochEvent[] = [];
  const stop = new AbortController();
  const validation = examples(13, 5);
  const create = () =>
    new Trainer({
      network: trained,
      optimizer,
      cost: new SoftmaxCrossEntropy({
        reduction: job.reduction,
        ...(job.weights && { weights: [0.3, 1, 2.5] }),
      }),
      train: augment(examples(job.examples, 4), [shift(1), flip()]),
      validation,
      batchSize: job.batchSize,
      accumulate: job.accumulate ?? 1,
      epochs: job.epochs,
      rng: new Rng(9 + group.rank),
      group,
      ...(average && { average }),
      syncBatchNorm: job.batchNorm === 'all',
      signal: stop.signal,
      onStep: ({ loss, step }) => {
        losses.push(loss);
        if (step === 2 && group.rank === job.abortedBy) stop.abort();
      },
      onEpoch: (event) => void epochs.push(event),
    });
  const { numTensors } = memory();
  try {
    const { steps, ended } = await create().run();
    average?.assign();
    const kept = Object.keys(optimizer.state().tensors).length;
    const leaked = memory().numTensors - numTensors - kept;
    const { accuracy } = await evaluate(network, validation, { batchSize: 4, group });
    const own = await evaluate(network, validation, { batchSize: 4 });
    if (own.accuracy !== accuracy) throw new Error('evaluate differs with a group');
    const flat = (tensors: Sequential['params']) =>
      Object.values(tensors).flatMap((tensor) => [...tensor.dataSync()]);
    return {
      params: flat(network.params),
      buffers: flat(network.buffers),
      losses,
      validation: epochs.map(({ validation }) => validation?.loss),
      trainErrors: epochs.map(({ train }) => train.errorRate),
      steps,
      ended,
      leaked,
    };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const none = { params: [], buffers: [], losses: [], validation: [], trainErrors: [] };
    return { ...none, steps: 0, ended: 'failed', leaked: 0, error: message };
  }
}
