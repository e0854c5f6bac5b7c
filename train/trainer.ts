import type { Tensor } from '@tensorflow/tfjs-core';
import { nameOf } from '../lib/check.ts';
import type { Cost } from '../lib/cost.ts';
import { batches } from '../data/batches.ts';
import type { Batch, Dataset } from '../data/dataset.ts';
import { InputError, show } from '../lib/errors.ts';
import { disposeTensors } from '../lib/memory.ts';
import type { Grads, Module } from '../lib/module.ts';
import { Rng, type RngState } from '../lib/rng.ts';
import { layerStats, snapshot, type LayerStats } from './layerStats.ts';
import type { MetricScheduler } from '../optim/reduceOnPlateau.ts';
import { yieldToEventLoop } from '../lib/yieldToEventLoop.ts';
import type { Evaluation } from './evaluate.ts';
import { evaluateFinite, requireFinite } from './requireFinite.ts';
import type { Schedule } from '../optim/schedules.ts';
import { ClassificationMetrics } from './classificationMetrics.ts';
import { trainStep, type Optimizer } from './trainStep.ts';

export interface StepEvent {
  /** Counted from 0, over all epochs. */
  readonly step: number;
  /** Counted from 1. */
  readonly epoch: number;
  readonly learningRate: number;
  /** Of the batch, from before the step. */
  readonly loss: number;
  /** Records of the batch. */
  readonly examples: number;
}

export interface EpochEvent {
  /** Counted from 1. */
  readonly epoch: number;
  /** Steps so far. */
  readonly step: number;
  /** Means over the epoch's records, of each as it was when it was trained on: in training mode, augmented. */
  readonly train: { readonly loss: number; readonly errorRate: number };
  /** With the weights that the epoch ends with, in inference mode. */
  readonly validation?: Evaluation;
  /** Of the epoch's last step. */
  readonly learningRate: number;
  /** At the epoch's last step. */
  readonly layers: readonly LayerStats[];
  /** Whether no epoch before had so small a validation error (the loss decides among equals). */
  readonly best: boolean;
}

export interface TrainerOptions {
  readonly network: Module;
  /** Its targets are the labels of the dataset. */
  readonly cost: Cost;
  readonly optimizer: Optimizer;
  readonly train: Dataset;
  readonly validation?: Dataset;
  readonly batchSize: number;
  readonly epochs: number;
  /** Orders the records, augments them, and feeds boxes that are random in training. */
  readonly rng: Rng;
  /** Sets the optimizer's learning rate before each step; by default it stays as it is. */
  readonly schedule?: Schedule;
  readonly plateau?: MetricScheduler;
  /** Ends after so many epochs without a smaller validation error. */
  readonly patience?: number;
  /** Ends the training after the step in progress. */
  readonly signal?: AbortSignal;
  readonly onStep?: (event: StepEvent) => void;
  /** Is waited for. It is not called for an epoch that was cut short. */
  readonly onEpoch?: (event: EpochEvent) => void | Promise<void>;
  /** Saves the trainer's state; called after each epoch, and where the training is cut short. */
  readonly checkpoint?: () => void | Promise<void>;
  /** Steps between further checkpoints within an epoch. */
  readonly checkpointSteps?: number;
}

/** Where a training stands, as JSON; with the network's and the optimizer's tensors all there is to continue it. */
export interface TrainingProgress {
  /** The next step, counted from 0 over all epochs. */
  readonly step: number;
  readonly examples: number;
  readonly batchSize: number;
  /** Sums over the steps of the epoch in progress. */
  readonly lossSum: number;
  readonly errors: number;
  readonly best?: { readonly epoch: number; readonly errorRate: number; readonly loss: number };
  readonly learningRate: number;
  readonly plateau?: Readonly<Record<string, number>>;
  readonly streams: readonly RngState[];
}

export interface TrainResult {
  /** Whole epochs. */
  readonly epochs: number;
  readonly steps: number;
  readonly ended: 'whole' | 'aborted' | 'early';
  /** The epoch with the smallest validation error. */
  readonly best?: TrainingProgress['best'];
}

/**
 * Trains a network: for each epoch, `trainStep` on every record once in a new random order, then the error on the
 * validation set. Lets the event loop run after each step, so that a signal is heard. What is random in epoch e and
 * step t is drawn from generators of their own, so a training that is continued from its `progress` goes on bit for
 * bit as if it had never stopped.
 *
 * Errors: those of `trainStep`, `evaluate` and the datasets; weights after an update, or a loss of the validation set, that
 *         are not finite, before they are saved; epochs or a patience that is no integer of at least 1; a
 *         patience without a validation set; a bad batch size.
 * Source: lecture, "Stochastic gradient descent" and "Other things good to know".
 */
export class Trainer {
  readonly options: TrainerOptions;
  #step = 0;
  #lossSum = 0;
  #errors = 0;
  #best: TrainingProgress['best'];
  /** For the order of the records, their augmentation, and the boxes. */
  #streams: readonly Rng[];
  /** The batch of the next step, asked for while a step runs. */
  #next: { readonly step: number; readonly batch: Promise<Batch> } | undefined;

  constructor(options: TrainerOptions) {
    const { epochs, patience = 1, checkpointSteps = 1, validation, train, batchSize } = options;
    for (const [name, value] of Object.entries({ epochs, patience, checkpointSteps })) {
      if (!Number.isSafeInteger(value) || value < 1) {
        throw new InputError(
          `Trainer: expected ${name} to be an integer of at least 1, got ${show(value)}`,
        );
      }
    }
    if (options.patience !== undefined && validation === undefined)
      throw new InputError('Trainer: expected a validation set with patience, got none');
    batches(train.length, batchSize); // Refuses a bad batch size now.
    this.options = options;
    this.#streams = [options.rng.split(), options.rng.split(), options.rng.split()];
  }

  get progress(): TrainingProgress {
    const { train, batchSize, optimizer, plateau } = this.options;
    return {
      step: this.#step,
      examples: train.length,
      batchSize,
      lossSum: this.#lossSum,
      errors: this.#errors,
      ...(this.#best && { best: this.#best }),
      learningRate: optimizer.learningRate,
      ...(plateau && { plateau: plateau.state() }),
      streams: this.#streams.map(({ state }) => state),
    };
  }

  /** Goes on from where another trainer stood; the caller has set network and optimizer as they were there. */
  restore(progress: TrainingProgress): void {
    const { train, batchSize, optimizer, plateau } = this.options;
    for (const [what, own, other] of [
      ['examples', train.length, progress.examples],
      ['batchSize', batchSize, progress.batchSize],
    ] as const) {
      if (own !== other)
        throw new InputError(`Trainer.restore: expected ${what} to be ${other}, got ${own}`);
    }
    this.#step = progress.step;
    this.#lossSum = progress.lossSum;
    this.#errors = progress.errors;
    this.#best = progress.best;
    this.#streams = progress.streams.map((state) => Rng.fromState(state));
    optimizer.learningRate = progress.learningRate;
    if (plateau && progress.plateau) plateau.restore(progress.plateau);
  }

  async run(): Promise<TrainResult> {
    try {
      return await this.#run();
    } finally {
      // A step that failed leaves the batch behind that was to follow it.
      disposeTensors(await this.#next?.batch.catch(() => []));
      this.#next = undefined;
    }
  }

  async #run(): Promise<TrainResult> {
    const { epochs, train, batchSize, patience, checkpointSteps } = this.options;
    const perEpoch = Math.ceil(train.length / batchSize);
    let ended: TrainResult['ended'] = 'whole';
    while (this.#step < epochs * perEpoch) {
      const epoch = Math.floor(this.#step / perEpoch) + 1;
      const best = this.#best;
      if (patience !== undefined && best && epoch - 1 - best.epoch >= patience) {
        ended = 'early';
        break;
      }
      const order = this.#streams[0].fold(epoch).permutation(train.length);
      let boxes: LayerStats[] = [];
      for (let from = (this.#step % perEpoch) * batchSize; from < order.length; from += batchSize) {
        if (this.options.signal?.aborted) {
          await this.#save();
          return { epochs: epoch - 1, steps: this.#step, ended: 'aborted', ...(best && { best }) };
        }
        const last = from + batchSize >= order.length;
        const following = last ? undefined : order.slice(from + batchSize, from + 2 * batchSize);
        boxes = await this.#learn(order.slice(from, from + batchSize), following, epoch);
        if (!last && checkpointSteps !== undefined && this.#step % checkpointSteps === 0)
          await this.#save();
        await yieldToEventLoop();
      }
      await this.#finish(epoch, boxes);
      await this.#save();
    }
    const done = Math.floor(this.#step / perEpoch);
    return { epochs: done, steps: this.#step, ended, ...(this.#best && { best: this.#best }) };
  }

  /** Weights that are not finite would take the place of the last good ones. */
  async #save(): Promise<void> {
    if (this.#step > 0) await requireFinite(this.options.network, this.#step - 1);
    await this.options.checkpoint?.();
  }

  /** The records of a step, which depend on nothing but the step; a dataset's errors are the promise's. */
  async #batch(indices: Int32Array, step: number): Promise<Batch> {
    return this.options.train.batch(indices, this.#streams[1].fold(step));
  }

  /** One step, and the sizes of the boxes if it is the last of its epoch. */
  async #learn(
    indices: Int32Array,
    following: Int32Array | undefined,
    epoch: number,
  ): Promise<LayerStats[]> {
    const { network, cost, optimizer, train, schedule, plateau, onStep } = this.options;
    const step = this.#step;
    const random = this.#streams[2];
    const measure = following === undefined;
    if (schedule !== undefined) optimizer.learningRate = schedule(step) * (plateau?.scale ?? 1);
    const ready = this.#next?.step === step ? this.#next.batch : this.#batch(indices, step);
    const { input, labels } = await ready;
    this.#next = undefined;
    const tally = new ClassificationMetrics(train.classes);
    const kept: { before: Record<string, Tensor>; grads: Grads } = { before: {}, grads: {} };
    try {
      const stepping = trainStep(network, cost, optimizer, input, labels, {
        mode: 'training',
        rng: random.fold(step),
        step,
        observe: async ({ output, grads }) => {
          this.#checkScores(output, indices.length);
          tally.add(await output.data(), await labels.data());
          if (!measure) return;
          kept.before = snapshot(network.params);
          kept.grads = snapshot(grads);
        },
      });
      if (following !== undefined) {
        // Decoders work, and cards compute, while this reads and augments.
        const batch = this.#batch(following, step + 1);
        batch.catch(() => undefined); // Told when it is its turn.
        this.#next = { step: step + 1, batch };
      }
      const loss = await stepping;
      this.#lossSum += loss * (cost.reduction === 'mean' ? indices.length : 1);
      this.#errors += tally.errors;
      this.#step++;
      onStep?.({
        step,
        epoch,
        learningRate: optimizer.learningRate,
        loss,
        examples: indices.length,
      });
      return measure ? await layerStats(network.params, kept.before, kept.grads) : [];
    } finally {
      disposeTensors([input, labels, kept.before, kept.grads]);
    }
  }

  async #finish(epoch: number, boxes: readonly LayerStats[]): Promise<void> {
    const { network, train, validation, optimizer, plateau, batchSize, onEpoch } = this.options;
    const found = { loss: this.#lossSum / train.length, errorRate: this.#errors / train.length };
    [this.#lossSum, this.#errors] = [0, 0];
    await requireFinite(network, this.#step - 1);
    const size = Math.max(batchSize, 250);
    const held = validation && (await evaluateFinite(network, validation, size, this.#step - 1));
    plateau?.step((held ?? found).loss);
    const best = held !== undefined && (this.#best === undefined || isBetter(held, this.#best));
    if (best) this.#best = { epoch, errorRate: held.errorRate, loss: held.loss };
    const { learningRate } = optimizer;
    await onEpoch?.({
      epoch,
      step: this.#step,
      train: found,
      ...(held && { validation: held }),
      learningRate,
      layers: boxes,
      best,
    });
  }

  #checkScores({ shape }: Tensor, records: number): void {
    const { network, train } = this.options;
    if (shape.join() === `${records},${train.classes}`) return;
    const wanted = `[${records}, ${train.classes}] for ${train.name}`;
    throw new InputError(
      `${nameOf(network)}.forward: expected output of shape ${wanted}, got ${show(shape)}`,
    );
  }
}

function isBetter(
  a: { errorRate: number; loss: number },
  b: { errorRate: number; loss: number },
): boolean {
  return a.errorRate < b.errorRate || (a.errorRate === b.errorRate && a.loss < b.loss);
}
