import { getBackend, zeros, type Tensor } from '@tensorflow/tfjs-core';
import { checkOptions, nameOf } from '../lib/check.ts';
import type { Cost } from '../lib/cost.ts';
import { batchCount } from '../data/batches.ts';
import type { Dataset } from '../data/dataset.ts';
import { hasTargets, type TargetDataset } from '../data/targets.ts';
import { InputError, show } from '../lib/errors.ts';
import { broadcastText, shareOf, soloGroup, type Group, type Share } from '../lib/group.ts';
import { disposeTensors } from '../lib/memory.ts';
import type { Grads, Module, Params } from '../lib/module.ts';
import { Rng, type RngState } from '../lib/rng.ts';
import { checkBatches } from './checkBatches.ts';
import { areEqual, broadcastState, requireSame } from './equalRanks.ts';
import { GradientExchange } from './gradientExchange.ts';
import { layerStats, snapshot, type LayerStats } from './layerStats.ts';
import { stepCompiler, type StepCompiler } from '../lib/kernels/graph/stepCompiler.ts';
import type { MetricScheduler } from '../optim/reduceOnPlateau.ts';
import { yieldToEventLoop } from '../lib/yieldToEventLoop.ts';
import { checkOutput, outputShapeOf, type Evaluation, type TargetEvaluation } from './evaluate.ts';
import { evaluateFinite, evaluateTargetsFinite, requireFinite } from './requireFinite.ts';
import type { Schedule } from '../optim/schedules.ts';
import { ClassificationMetrics } from './classificationMetrics.ts';
import { TargetMetrics, type TargetMetricValues } from './targetMetrics.ts';
import { trainStep, type Optimizer } from './trainStep.ts';
import type { WeightAverage } from './weightAverage.ts';

/** A training step, for `onStep`. */
export interface StepEvent {
  /** The number of the step, counted from 0 over all epochs. */
  readonly step: number;
  /** The number of the epoch, counted from 1. */
  readonly epoch: number;
  /** The learning rate of the step. */
  readonly learningRate: number;
  /** The loss of the batch, computed before the step changes the weights. */
  readonly loss: number;
  /** The number of examples in the batch. */
  readonly examples: number;
}

/** A dataset with one label per example, or with other targets. */
export type TrainingData = Dataset | TargetDataset;

/**
 * The means over the examples of an epoch: the error rate of a classifier, or the metrics of
 * other targets.
 */
export type TrainMetrics<Data extends TrainingData = Dataset> = {
  readonly loss: number;
} & (Data extends Dataset
  ? { readonly errorRate: number }
  : { readonly metrics: TargetMetricValues });

/** The result on a validation set. */
export type EvaluationOf<Data extends TrainingData = Dataset> = Data extends Dataset
  ? Evaluation
  : TargetEvaluation;

/** The end of an epoch, for `onEpoch`. */
export interface EpochEvent<Data extends TrainingData = Dataset> {
  /** The number of the epoch, counted from 1. */
  readonly epoch: number;
  /** The number of steps so far. */
  readonly step: number;
  /**
   * Means over the examples of the epoch. Each example is measured in its training step: in
   * training mode, after augmentation, and with the weights before that step.
   */
  readonly train: TrainMetrics<Data>;
  /**
   * The result on the validation set, with the weights at the end of the epoch and in inference
   * mode.
   */
  readonly validation?: EvaluationOf<Data>;
  /** The learning rate of the last step of the epoch. */
  readonly learningRate: number;
  /** The time in which this rank copied gradients or waited for other ranks, in seconds. */
  readonly exchangeSeconds?: number;
  /** The root mean squares of weights, gradients and updates at the last step of the epoch. */
  readonly layers: readonly LayerStats[];
  /**
   * Whether the validation error is smaller than in every earlier epoch. If the errors are equal,
   * the losses are compared. For targets other than labels, only the losses are compared.
   */
  readonly best: boolean;
}

/** The options of `Trainer`. */
export interface TrainerOptions<Data extends TrainingData = Dataset> {
  /** The network to train; for labels, it returns one score per class. */
  readonly network: Module;
  /** The cost of the outputs and the labels or targets of the dataset. */
  readonly cost: Cost;
  /** The optimizer of the network's parameters. */
  readonly optimizer: Optimizer;
  /** The training set. */
  readonly train: Data;
  /** The validation set, evaluated after each epoch. */
  readonly validation?: Data;
  /** The number of examples per step; the last step of an epoch may have fewer. */
  readonly batchSize: number;
  /**
   * The number of parts in which each step computes its batch, one after the other, so that it
   * needs the memory of one part; 1 by default. See `trainStep`.
   */
  readonly accumulate?: number;
  /** The moving average of the weights, which validation and `onEpoch` see in the network. */
  readonly average?: WeightAverage;
  /**
   * Whether the last step of an epoch is left out if it would have fewer examples; false by
   * default. Each epoch then leaves out different examples.
   */
  readonly dropLast?: boolean;
  /** The number of epochs. */
  readonly epochs: number;
  /**
   * The generator for the order of the examples, for the augmentation, and for boxes that draw
   * random numbers.
   */
  readonly rng: Rng;
  /** Sets the optimizer's learning rate before each step. By default the rate does not change. */
  readonly schedule?: Schedule;
  /**
   * Scales the schedule by a factor that depends on the validation loss, or on the training loss if
   * there is no validation set. It requires `schedule`.
   */
  readonly plateau?: MetricScheduler;
  /** Stops after this many epochs without a smaller validation error. */
  readonly patience?: number;
  /**
   * Whether the steps and the evaluation run as graphs on the backend `tensorflow`, which is
   * faster; true by default. Other backends ignore it.
   */
  readonly compile?: boolean;
  /**
   * The processes that train together, from `joinGroup`. Each creates the same trainer. Every rank
   * trains on its part of each batch and gets the same parameters, those that one process would
   * get. `run` starts from the state of rank 0. Callbacks run on every rank, except `checkpoint`,
   * which runs on rank 0.
   */
  readonly group?: Group;
  /**
   * Whether BatchNorm uses the statistics of the examples of all ranks in training; by default it
   * uses those of each rank, which needs no exchange. The backend webgpu cannot do it.
   */
  readonly syncBatchNorm?: boolean;
  /**
   * Stops the training after the current step when it is aborted. If one rank gets the signal, all
   * stop.
   */
  readonly signal?: AbortSignal;
  /** This function is called after each step. */
  readonly onStep?: (event: StepEvent) => void;
  /** This function is called and awaited after each complete epoch. */
  readonly onEpoch?: (event: EpochEvent<Data>) => void | Promise<void>;
  /**
   * Saves the trainer's state. It is called after each epoch, and if the signal stops the training.
   * In a group, only rank 0 calls it.
   */
  readonly checkpoint?: () => void | Promise<void>;
  /** The number of steps between additional checkpoints within an epoch. */
  readonly checkpointSteps?: number;
}

/**
 * The state of a training as JSON. Together with the tensors of the network and the optimizer, it
 * is everything that is needed to resume the training.
 */
export interface TrainingProgress {
  /** The number of the next step, counted from 0 over all epochs. */
  readonly step: number;
  /** The size of the training set. */
  readonly examples: number;
  /** The number of examples per step. */
  readonly batchSize: number;
  /** Whether a shorter last batch of an epoch is left out; false by default. */
  readonly dropLast?: boolean;
  /** The sum of the losses of the examples in the current epoch so far. */
  readonly lossSum: number;
  /** The number of errors in the current epoch so far. */
  readonly errors: number;
  /** The sums of the metrics in the current epoch so far, for targets other than labels. */
  readonly metricSums?: readonly number[];
  /**
   * The epoch with the smallest validation error so far; for targets other than labels, that with
   * the smallest loss, without an error rate.
   */
  readonly best?: { readonly epoch: number; readonly errorRate?: number; readonly loss: number };
  /**
   * The learning rate of the last step; undefined if it was 0, as at the end of a cosine schedule.
   */
  readonly learningRate?: number;
  /** The state of the metric scheduler. */
  readonly plateau?: Readonly<Record<string, number>>;
  /** The states of the generators of the order of the examples, the augmentation, and the boxes. */
  readonly streams: readonly RngState[];
}

/** The result of `Trainer.run`. */
export interface TrainResult {
  /** The number of complete epochs. */
  readonly epochs: number;
  /** The number of steps. */
  readonly steps: number;
  /**
   * The reason for the end: all epochs ran, the signal stopped the training, or the patience ran
   * out.
   */
  readonly ended: 'completed' | 'aborted' | 'early';
  /** The epoch with the smallest validation error. */
  readonly best?: TrainingProgress['best'];
}

/**
 * Trains a classifier, or a network with the targets of a `TargetDataset`. Each epoch trains on
 * every example once, in a new random order, with one `trainStep` per batch, and then evaluates the
 * validation set. With `dropLast`, it leaves out a shorter last batch. The trainer yields to the
 * event loop after each step, so signals can arrive.
 *
 * The random numbers of epoch e and step t come from generators that depend only on e and t.
 * Therefore, training that is resumed from its `progress` gives exactly the same weights as
 * uninterrupted training.
 *
 * Errors: those of `trainStep`, `evaluate` and the datasets; accumulate together with
 *         syncBatchNorm; a validation set with another kind of targets; a batch with fewer examples
 *         than a box needs in training, before the first step; weights after an update, or a
 *         validation loss, that are not finite, before they are saved; epochs, checkpointSteps or a
 *         patience that is not an integer of at least 1; an rng that is not a generator; a patience
 *         without a validation set; a plateau without a schedule; an unknown option.
 * Source: lecture, "Stochastic gradient descent" and "Other things good to know".
 *
 *     const data = { train, validation, batchSize: 64 };
 *     await new Trainer({ network, cost, optimizer, ...data, epochs: 5, rng }).run();
 */
export class Trainer<Data extends TrainingData = Dataset> {
  /** The options, unchanged. */
  readonly options: TrainerOptions<Data>;
  #step = 0;
  #lossSum = 0;
  #errors = 0;
  /** The errors of this rank that are not in `#errors` yet. */
  #ownErrors = 0;
  /** The metrics of this rank that are not in `#metricSums` yet, for targets. */
  readonly #metrics: TargetMetrics | undefined;
  #metricSums: Float64Array | undefined;
  #best: TrainingProgress['best'];
  /** The generators for the order, for the augmentation, and for the boxes. */
  #streams: readonly Rng[];
  /** The batch of the next step, which is loaded while the current step runs. */
  #next: { readonly step: number; readonly batch: Promise<TrainBatch> } | undefined;
  #compiler: StepCompiler | undefined;
  #exchange: GradientExchange | undefined;

  constructor(options: TrainerOptions<Data>) {
    checkOptions(this, options, OPTIONS);
    const { epochs, patience = 1, checkpointSteps = 1, validation, network, train } = options;
    const { accumulate = 1 } = options;
    for (const [name, value] of Object.entries({ epochs, patience, checkpointSteps, accumulate })) {
      if (!Number.isSafeInteger(value) || value < 1) {
        throw new InputError(
          `Trainer: expected ${name} to be an integer of at least 1, got ${show(value)}`,
        );
      }
    }
    if (options.patience !== undefined && validation === undefined)
      throw new InputError('Trainer: expected a validation set with patience, got none');
    if (options.plateau !== undefined && options.schedule === undefined)
      throw new InputError('Trainer: expected a schedule with plateau, got none');
    if (accumulate > 1 && options.syncBatchNorm === true) {
      throw new InputError(
        'Trainer: expected accumulate or syncBatchNorm, got both; with syncBatchNorm, add ranks in place of parts',
      );
    }
    if (validation !== undefined && hasTargets(validation) !== hasTargets(train)) {
      throw new InputError(
        'Trainer: expected the same kind of targets in train and validation, got different ones',
      );
    }
    checkBatches(network, options);
    if (!(options.rng instanceof Rng)) {
      const got = show(options.rng);
      throw new InputError(
        `Trainer: expected rng to be a generator, such as new Rng(0), got ${got}`,
      );
    }
    if (options.schedule !== undefined && typeof options.schedule !== 'function') {
      const got = show(options.schedule);
      throw new InputError(`Trainer: expected schedule to be a function of the step, got ${got}`);
    }
    this.options = options;
    if (hasTargets(train)) {
      this.#metrics = new TargetMetrics(train.target);
      this.#metricSums = new Float64Array(this.#metrics.sums.length);
    }
    this.#streams = [options.rng.split(), options.rng.split(), options.rng.split()];
  }

  /** The current state, for `saveCheckpoint`. */
  get progress(): TrainingProgress {
    const { train, batchSize, dropLast, optimizer, plateau } = this.options;
    return {
      step: this.#step,
      examples: train.length,
      batchSize,
      ...(dropLast === true && { dropLast }),
      lossSum: this.#lossSum,
      errors: this.#errors + this.#ownErrors,
      ...(this.#metrics && {
        metricSums: Array.from(this.#metrics.sums, (own, i) => own + this.#metricSum(i)),
      }),
      ...(this.#best && { best: this.#best }),
      ...(optimizer.learningRate > 0 && { learningRate: optimizer.learningRate }),
      ...(plateau && { plateau: plateau.state() }),
      streams: this.#streams.map(({ state }) => state),
    };
  }

  /**
   * Continues from the progress of an earlier trainer. The caller must first restore the tensors of
   * the network and the optimizer, for example with `loadCheckpoint`.
   *
   * Errors: a different number of examples, batch size or `dropLast`; more steps than the epochs
   *         have; more errors than examples; a plateau without a state; those of the plateau's
   *         `restore`. The trainer is then unchanged.
   */
  restore(progress: TrainingProgress): void {
    const { train, batchSize, dropLast = false, epochs, optimizer, plateau } = this.options;
    for (const [name, own, other] of [
      ['examples', train.length, progress.examples],
      ['batchSize', batchSize, progress.batchSize],
      ['dropLast', dropLast, progress.dropLast ?? false],
    ] as const) {
      if (own !== other)
        throw new InputError(`Trainer.restore: expected ${name} to be ${other}, got ${own}`);
    }
    const most = epochs * this.#stepsPerEpoch;
    if (progress.step > most) {
      throw new InputError(
        `Trainer.restore: expected progress of at most ${most} steps, ${epochs} epochs, got step ${progress.step}`,
      );
    }
    if (progress.errors > train.length) {
      throw new InputError(
        `Trainer.restore: expected at most ${train.length} errors in an epoch, got ${progress.errors}`,
      );
    }
    const { metricSums } = progress;
    if (metricSums?.length !== this.#metrics?.sums.length) {
      const [expected, got] = [this.#metrics?.sums.length ?? 'no', metricSums?.length ?? 'none'];
      throw new InputError(
        `Trainer.restore: expected progress with ${expected} sums of metrics, for the targets of ${train.name}, got ${got}`,
      );
    }
    if (plateau !== undefined) {
      if (progress.plateau === undefined)
        throw new InputError('Trainer.restore: expected progress.plateau with a plateau, got none');
      plateau.restore(progress.plateau);
    }
    this.#step = progress.step;
    this.#lossSum = progress.lossSum;
    this.#errors = progress.errors;
    this.#ownErrors = 0;
    if (metricSums !== undefined) this.#metricSums = Float64Array.from(metricSums);
    this.#metrics?.sums.fill(0);
    this.#best = progress.best;
    this.#streams = progress.streams.map((state) => Rng.fromState(state));
    if (progress.learningRate !== undefined) optimizer.learningRate = progress.learningRate;
  }

  get #stepsPerEpoch(): number {
    const { train, batchSize, dropLast = false } = this.options;
    return batchCount(train.length, batchSize, { dropLast });
  }

  /** The number of examples that an epoch trains on. */
  get #used(): number {
    const { train, batchSize } = this.options;
    return Math.min(train.length, this.#stepsPerEpoch * batchSize);
  }

  /** Trains until all epochs have run, the patience runs out, or the signal stops the training. */
  async run(): Promise<TrainResult> {
    await this.#joinRanks();
    if (this.options.compile !== false) this.#compiler = await stepCompiler();
    try {
      return await this.#run();
    } finally {
      this.#compiler?.dispose();
      this.#compiler = undefined;
      // If a step has thrown, the next batch has not been used.
      disposeTensors(await this.#next?.batch.catch(() => []));
      this.#next = undefined;
    }
  }

  /** Checks that the ranks train the same, and gives them the state of rank 0. */
  async #joinRanks(): Promise<void> {
    const { group, network, optimizer, cost, syncBatchNorm = false } = this.options;
    if (group === undefined || group.size === 1) return;
    if (syncBatchNorm && getBackend() === 'webgpu') {
      throw new InputError(
        'Trainer: expected another backend than webgpu with syncBatchNorm, because it cannot wait for a value inside a step',
      );
    }
    const { train, validation, batchSize, dropLast, epochs, patience, checkpointSteps } =
      this.options;
    const { schedule, accumulate, average } = this.options;
    requireSame(group, {
      network: String(network),
      parameters: shapesOf({ ...network.params, ...network.buffers }),
      'trainable parameters': Object.keys(network.params),
      cost: [nameOf(cost), settingsOf(cost)],
      // With a schedule, the learning rate is not compared: the schedule sets it before each step,
      // and on rank 0 an earlier run may already have done so.
      optimizer: [nameOf(optimizer), settingsOf(optimizer, schedule && 'learningRate')],
      schedule: schedule && [0, 1, 10, 100, 1000, 10_000].map((step) => schedule(step)),
      precision: getBackend() === 'float64' ? 'double' : 'single',
      'training set': await describeDataset(train),
      'validation set': validation && (await describeDataset(validation)),
      ...{ batchSize, dropLast, epochs, patience, checkpointSteps, syncBatchNorm, accumulate },
      'decay of the average': average?.decay,
    });
    await this.#broadcast(group);
    const progress = broadcastText(group, JSON.stringify(this.progress));
    if (group.rank !== 0) this.restore(JSON.parse(progress) as TrainingProgress);
    this.#exchange = new GradientExchange(group, network);
  }

  /** Gives the state of rank 0 to all ranks. */
  async #broadcast(group: Group): Promise<void> {
    const { network, optimizer, average } = this.options;
    await broadcastState(group, network, optimizer);
    if (average !== undefined)
      await broadcastState(group, { params: average.tensors, buffers: {} });
  }

  async #run(): Promise<TrainResult> {
    const { epochs, train, batchSize, patience, checkpointSteps } = this.options;
    const perEpoch = this.#stepsPerEpoch;
    let ended: TrainResult['ended'] = 'completed';
    while (this.#step < epochs * perEpoch) {
      const epoch = Math.floor(this.#step / perEpoch) + 1;
      const best = this.#best;
      if (patience !== undefined && best && epoch - 1 - best.epoch >= patience) {
        ended = 'early';
        break;
      }
      const order = this.#streams[0].fold(epoch).permutation(train.length).slice(0, this.#used);
      let layers: LayerStats[] = [];
      for (let from = (this.#step % perEpoch) * batchSize; from < order.length; from += batchSize) {
        if (this.#isAborted()) {
          await this.#save();
          return { epochs: epoch - 1, steps: this.#step, ended: 'aborted', ...(best && { best }) };
        }
        const last = from + batchSize >= order.length;
        const following = last ? undefined : order.slice(from + batchSize, from + 2 * batchSize);
        layers = await this.#trainBatch(order.slice(from, from + batchSize), following, epoch);
        if (!last && checkpointSteps !== undefined && this.#step % checkpointSteps === 0)
          await this.#save();
        await yieldToEventLoop();
      }
      await this.#finishEpoch(epoch, layers);
      await this.#save();
    }
    const done = Math.floor(this.#step / perEpoch);
    return { epochs: done, steps: this.#step, ended, ...(this.#best && { best: this.#best }) };
  }

  /** Saves a checkpoint. Weights that are not finite must not replace the last good ones. */
  async #save(): Promise<void> {
    if (this.#step > 0) await requireFinite(this.options.network, this.#step - 1);
    this.#mergeErrors();
    if (this.#group.rank === 0) await this.options.checkpoint?.();
  }

  get #group(): Group {
    return this.options.group ?? soloGroup;
  }

  /** Returns whether a rank had got the signal before the latest step. */
  #isAborted(): boolean {
    const aborted = this.options.signal?.aborted === true;
    if (this.#exchange === undefined) return aborted;
    this.#exchange.wantsStop = aborted;
    return this.#exchange.stops;
  }

  /** Adds the errors of all ranks to the progress. Every rank calls it at the same step. */
  #mergeErrors(): void {
    const errors = Float64Array.of(this.#ownErrors);
    this.#group.sum(errors);
    this.#errors += errors[0];
    this.#ownErrors = 0;
    if (this.#metrics === undefined) return;
    this.#metrics.merge(this.#group);
    this.#metricSums = this.#metrics.sums.map((own, i) => own + this.#metricSum(i));
    this.#metrics.sums.fill(0);
  }

  #metricSum(i: number): number {
    return this.#metricSums?.[i] ?? 0;
  }

  /** Adds the metrics of a step to the sums of the epoch. */
  #addMetrics(ofStep: TargetMetrics): void {
    // Counts can be summed in any order. Sums of numbers round, so the ranks add them step by step:
    // the result then does not depend on where the training was stopped.
    const isExact = ofStep.kind !== 'numbers';
    if (!isExact) ofStep.merge(this.#group);
    const sums = isExact ? this.#metrics?.sums : this.#metricSums;
    ofStep.sums.forEach((value, i) => {
      if (sums !== undefined) sums[i] += value;
    });
  }

  /**
   * Requests this rank's part of the batch of a step, which depends only on the step. Errors reject
   * the promise.
   */
  async #batch(indices: Int32Array, step: number): Promise<TrainBatch> {
    const train: TrainingData = this.options.train;
    const rng = this.#streams[1].fold(step);
    if (this.#group.size === 1) return loadBatch(train, indices, rng);
    const share = shareOf(this.#group, indices.length);
    const own = indices.slice(share.from, share.from + share.count);
    return own.length > 0 ? loadBatch(train, own, rng, share) : emptyBatch(train);
  }

  /** Makes one step. Returns the statistics of the layers if it is the last step of its epoch. */
  async #trainBatch(
    indices: Int32Array,
    following: Int32Array | undefined,
    epoch: number,
  ): Promise<LayerStats[]> {
    const { network, cost, optimizer, schedule, plateau, onStep } = this.options;
    const { syncBatchNorm = false, accumulate = 1, average } = this.options;
    const train: TrainingData = this.options.train;
    const step = this.#step;
    const random = this.#streams[2];
    const measure = following === undefined;
    if (schedule !== undefined) optimizer.learningRate = schedule(step) * (plateau?.scale ?? 1);
    const ready = this.#next?.step === step ? this.#next.batch : this.#batch(indices, step);
    const { input, target, expected } = await ready;
    this.#next = undefined;
    let errors = 0;
    const metrics = hasTargets(train) ? new TargetMetrics(train.target) : undefined;
    const kept: { before: Record<string, Tensor>; grads: Grads } = { before: {}, grads: {} };
    try {
      const running = trainStep({
        network,
        cost,
        optimizer,
        input,
        target,
        accumulate,
        rng: random.fold(step),
        step,
        ...(this.#compiler && { compiler: this.#compiler }),
        ...(this.#exchange && {
          exchange: this.#exchange,
          syncBatchNorm,
          share: shareOf(this.#group, indices.length),
        }),
        beforeUpdate: async ({ output, grads }) => {
          const [examples] = expected.shape;
          checkOutput(network, train, output, [examples, ...outputShapeOf(train)]);
          const [outputs, answers] = [await output.data(), await expected.data()];
          if (hasTargets(train)) metrics?.add(outputs, answers, examples);
          else errors = errorsOf(train.classes, outputs, answers);
          if (!measure) return;
          kept.before = snapshot(network.params);
          kept.grads = snapshot(grads);
        },
      });
      if (following !== undefined) {
        // The next batch is loaded and augmented while the GPU computes this step.
        const batch = this.#batch(following, step + 1);
        batch.catch(() => undefined); // The step of that batch reports the error.
        this.#next = { step: step + 1, batch };
      }
      const loss = await running;
      this.#lossSum += loss * (cost.reduction === 'mean' ? indices.length : 1);
      this.#ownErrors += errors;
      if (metrics !== undefined) this.#addMetrics(metrics);
      if (average !== undefined) {
        const run: StepCompiler['run'] = this.#compiler?.run ?? ((part) => part());
        run(() => average.update(step));
      }
      this.#step++;
      onStep?.({
        step,
        epoch,
        learningRate: optimizer.learningRate,
        loss,
        examples: indices.length,
      });
      return measure ? await layerStats({ params: network.params, ...kept }) : [];
    } finally {
      disposeTensors([input, target, expected, kept.before, kept.grads]);
    }
  }

  async #finishEpoch(epoch: number, layers: readonly LayerStats[]): Promise<void> {
    const { network, average } = this.options;
    this.#mergeErrors();
    const loss = this.#lossSum / this.#used;
    const errorRate = this.#errors / this.#used;
    const metrics = this.#metrics && this.#valuesOf(this.#metrics);
    [this.#lossSum, this.#errors] = [0, 0];
    this.#metricSums?.fill(0);
    await requireFinite(network, this.#step - 1);
    if (this.#group.size > 1 && !(await areEqual(this.#group, network)))
      await this.#broadcast(this.#group);
    const report = () =>
      this.#reportEpoch(epoch, layers, metrics ? { loss, metrics } : { loss, errorRate });
    await (average === undefined ? report() : average.during(report));
  }

  /** Returns the metrics of the epoch, and sets its sums to 0. */
  #valuesOf(metrics: TargetMetrics): TargetMetricValues {
    this.#metricSums?.forEach((sum, i) => (metrics.sums[i] = sum));
    const { values } = metrics;
    metrics.sums.fill(0);
    return values;
  }

  async #reportEpoch(
    epoch: number,
    layers: readonly LayerStats[],
    trained: TrainMetrics | TrainMetrics<TargetDataset>,
  ): Promise<void> {
    const { validation, optimizer, plateau, onEpoch } = this.options;
    const evaluated = validation && (await this.#evaluate(validation));
    plateau?.step((evaluated ?? trained).loss);
    const best =
      evaluated !== undefined && (this.#best === undefined || isBetter(evaluated, this.#best));
    if (best) {
      const { loss } = evaluated;
      const errorRate = 'errorRate' in evaluated ? evaluated.errorRate : undefined;
      this.#best = { epoch, ...(errorRate !== undefined && { errorRate }), loss };
    }
    const { learningRate } = optimizer;
    const event = {
      epoch,
      step: this.#step,
      train: trained,
      ...(evaluated && { validation: evaluated }),
      learningRate,
      ...(this.#exchange && { exchangeSeconds: this.#exchange.takeSeconds() }),
      layers,
      best,
    };
    // TypeScript cannot see that the kind of the metrics follows from the kind of the data.
    await onEpoch?.(event as never);
  }

  #evaluate(validation: TrainingData): Promise<Evaluation | TargetEvaluation> {
    const { network, batchSize, cost } = this.options;
    const options = {
      batchSize: Math.max(batchSize, 250),
      ...(this.#compiler ? { compiler: this.#compiler } : { compile: false }),
      step: this.#step - 1,
      group: this.#group,
    };
    return hasTargets(validation)
      ? evaluateTargetsFinite(network, validation, { ...options, cost })
      : evaluateFinite(network, validation, options);
  }
}

/** A batch of a training step. */
interface TrainBatch {
  readonly input: Tensor;
  /** The target of the cost. */
  readonly target: Tensor;
  /** The labels or targets with which the metrics compare the outputs. */
  readonly expected: Tensor;
}

async function loadBatch(
  dataset: TrainingData,
  indices: Int32Array,
  rng: Rng,
  share?: Share,
): Promise<TrainBatch> {
  if (hasTargets(dataset)) {
    const { input, target } = await dataset.batch(indices, rng, share);
    return { input, target, expected: target.clone() };
  }
  const { input, labels, target = labels.clone() } = await dataset.batch(indices, rng, share);
  return { input, target, expected: labels };
}

function errorsOf(classes: number, scores: ArrayLike<number>, labels: ArrayLike<number>): number {
  const metrics = new ClassificationMetrics(classes);
  metrics.add(scores, labels);
  return metrics.errors;
}

const OPTIONS = [
  'network',
  'cost',
  'optimizer',
  'train',
  'validation',
  'batchSize',
  'accumulate',
  'average',
  'dropLast',
  'epochs',
  'rng',
  'schedule',
  'plateau',
  'patience',
  'compile',
  'group',
  'syncBatchNorm',
  'signal',
  'onStep',
  'onEpoch',
  'checkpoint',
  'checkpointSteps',
] as const;

function emptyBatch(dataset: TrainingData): TrainBatch {
  const shape = hasTargets(dataset) ? dataset.target.shape : [];
  const isFloat = hasTargets(dataset) && dataset.target.kind !== 'labels';
  const target = zeros([0, ...shape], isFloat ? 'float32' : 'int32');
  return { input: zeros([0, ...dataset.inputShape]), target, expected: target.clone() };
}

function shapesOf(params: Params): Record<string, readonly number[]> {
  return Object.fromEntries(Object.entries(params).map(([name, { shape }]) => [name, shape]));
}

/**
 * Describes a dataset, with hashes of its labels, if they are known, and of the inputs and targets
 * of two examples.
 */
async function describeDataset(dataset: TrainingData) {
  const { length, inputShape } = dataset;
  const hash = (values: ArrayLike<number>) =>
    Array.from(values).reduce((sum, value) => (sum * 31 + value + 1) % 1000003, 0);
  const indices = Int32Array.of(0, length - 1);
  if (hasTargets(dataset)) {
    const { input, target } = await dataset.batch(indices);
    const [examples, targets] = [hash(await input.data()), hash(await target.data())];
    disposeTensors([input, target]);
    return { length, target: dataset.target, inputShape, examples, targets };
  }
  const { classes, labels } = dataset;
  const batch = await dataset.batch(indices);
  const examples = hash(await batch.input.data());
  disposeTensors([batch.input, batch.labels, batch.target]);
  return { length, classes, inputShape, ...(labels && { labels: hash(labels) }), examples };
}

/** Returns the properties of an object that are numbers, texts, booleans or lists of numbers. */
function settingsOf(object: object, except?: string): Record<string, unknown> {
  const isSetting = (value: unknown) =>
    ['number', 'string', 'boolean'].includes(typeof value) ||
    (Array.isArray(value) && value.every((element) => typeof element === 'number'));
  const entries = Object.entries(object);
  return Object.fromEntries(entries.filter(([name, value]) => name !== except && isSetting(value)));
}

function isBetter(
  a: { readonly errorRate?: number; readonly loss: number },
  b: { readonly errorRate?: number; readonly loss: number },
): boolean {
  const [errors, others] = [a.errorRate ?? 0, b.errorRate ?? 0];
  return errors < others || (errors === others && a.loss < b.loss);
}
