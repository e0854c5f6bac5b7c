import { memory } from '@tensorflow/tfjs-core';
import type { Dataset } from '../../../data/dataset.ts';
import { messageOf } from '../../../lib/errors.ts';
import type { Module } from '../../../lib/module.ts';
import { Rng } from '../../../lib/rng.ts';
import { SoftmaxCrossEntropy } from '../../../losses/softmaxCrossEntropy.ts';
import { SGD } from '../../../optim/sgd.ts';
import type { StepLine } from '../../../report/runLines.ts';
import { Trainer, type TrainingProgress } from '../../../train/trainer.ts';
import type { EpochPoint, Progress } from './progress.ts';
import { WatchedOptimizer } from './watchedOptimizer.ts';

/** The settings that a reader may change while the network learns. */
export interface TrainingSettings {
  readonly learningRate: number;
  readonly batchSize: number;
}

export interface TrainingOptions extends TrainingSettings {
  readonly network: Module;
  readonly train: Dataset;
  readonly test: Dataset;
  readonly seed: number;
  readonly onProgress: (progress: Progress) => void;
}

/** The shortest time between two reports while the network is learning, in milliseconds. */
const PAUSE = 150;

/** The number of epochs, which is so large that no reader reaches it. */
const EPOCHS = 1e6;

/**
 * A training that a reader can start and stop. Each run is a `Trainer` that continues from the
 * progress of the previous one, so many short runs give the same result as one long run.
 */
export class Training {
  readonly #options: TrainingOptions;
  readonly #optimizer: WatchedOptimizer;
  #batchSize: number;
  #progress: TrainingProgress | undefined;
  /** The steps and epochs that were made with earlier batch sizes. */
  #offset = { steps: 0, epochs: 0 };
  #running: { readonly stop: AbortController; readonly ended: Promise<void> } | undefined;
  /** Whether the reader wants the network to learn. It may still have to wait for a task. */
  #wanted = false;
  /**
   * The number of tasks during which the weights must not change. `#turn` resolves when the last
   * task has ended.
   */
  #waiting = 0;
  #turn: Promise<void> = Promise.resolve();
  #steps: StepLine[] = [];
  #epochs: EpochPoint[] = [];
  #reported = 0;

  constructor(options: TrainingOptions) {
    const { network, learningRate, batchSize } = options;
    const { params } = network;
    this.#options = options;
    this.#batchSize = batchSize;
    this.#optimizer = new WatchedOptimizer(new SGD(params, { learningRate }), params);
  }

  get isRunning(): boolean {
    return this.#running !== undefined;
  }

  /** The number of steps that have been made. */
  get step(): number {
    return this.#offset.steps + (this.#progress?.step ?? 0);
  }

  /** Changes the settings for the following steps. */
  async set({ learningRate, batchSize }: TrainingSettings): Promise<void> {
    await this.whilePaused(() => {
      this.#optimizer.learningRate = learningRate;
      if (this.#progress) this.#progress = { ...this.#progress, learningRate };
      if (batchSize === this.#batchSize) return;
      this.#batchSize = batchSize;
      // A change of the batch size begins a new epoch.
      const epochs = this.#offset.epochs + this.#epochsDone();
      this.#offset = { steps: this.step, epochs };
      this.#progress = undefined;
    });
  }

  /**
   * Starts the training after the tasks during which the weights must not change. The training
   * continues until `pause` or an error.
   */
  start(): void {
    this.#wanted = true;
    this.#goOn();
  }

  /** Makes one step, and measures the layers. */
  oneStep(): Promise<void> {
    this.#wanted = false;
    return this.whilePaused(async () => {
      this.#optimizer.watching = true;
      await this.#launch(1).ended;
    });
  }

  /** Pauses the training after the current step. */
  pause(): Promise<void> {
    this.#wanted = false;
    return this.#stop();
  }

  /**
   * Runs `body` between two steps, so that the weights do not change while it runs. Bodies run one
   * after another. If a reader pauses or starts the training while a body runs, this takes effect
   * after the last body.
   */
  async whilePaused<T>(body: () => T | Promise<T>): Promise<T> {
    this.#waiting++;
    const turn = this.#turn.then(async () => {
      await this.#stop();
      return body();
    });
    this.#turn = turn.then(ignore, ignore);
    try {
      return await turn;
    } finally {
      this.#waiting--;
      this.#goOn();
    }
  }

  /** Disposes the network and the state of the optimizer. */
  async dispose(): Promise<void> {
    await this.pause();
    await this.#turn;
    this.#optimizer.forget();
    this.#options.network.dispose();
  }

  /**
   * Starts a run, if the reader wants the network to learn and there is no task during which the
   * weights must not change.
   */
  #goOn(): void {
    if (!this.#wanted || this.#running || this.#waiting > 0) return;
    this.#optimizer.watching = false;
    const running = this.#launch(Infinity);
    this.#running = running;
    void running.ended.then(() => {
      if (this.#running !== running) return;
      this.#running = undefined;
      // If the run was not stopped, it has ended with an error.
      if (!running.stop.signal.aborted) this.#wanted = false;
    });
  }

  /** Ends the current run after the current step. */
  async #stop(): Promise<void> {
    const running = this.#running;
    if (running === undefined) return;
    running.stop.abort();
    await running.ended;
    if (this.#running === running) this.#running = undefined;
  }

  #launch(most: number) {
    const stop = new AbortController();
    const run = async () => {
      let failure: string | undefined;
      try {
        await this.#train(most, stop);
      } catch (error) {
        failure = messageOf(error);
      }
      await this.#report(false, failure);
    };
    return { stop, ended: run() };
  }

  async #train(most: number, stop: AbortController): Promise<void> {
    const { network, train, test, seed } = this.#options;
    const [began, firstStep] = [performance.now(), this.step];
    const trainer = new Trainer({
      network,
      cost: new SoftmaxCrossEntropy(),
      optimizer: this.#optimizer,
      train,
      validation: test,
      batchSize: this.#batchSize,
      epochs: EPOCHS,
      rng: new Rng(seed).fold(1 + this.#offset.steps),
      signal: stop.signal,
      onStep: ({ step, loss, learningRate }) => {
        const done = step + 1 - (firstStep - this.#offset.steps);
        this.#steps.push({ step: this.#offset.steps + step, loss, learningRate });
        if (done >= most) stop.abort();
        const now = performance.now();
        if (most === 1 || now - this.#reported < PAUSE) return;
        this.#reported = now;
        const imagesPerSecond = (1000 * done * this.#batchSize) / (now - began);
        this.#post({ running: true, step: this.#offset.steps + step + 1, imagesPerSecond });
      },
      onEpoch: ({ validation, layers, ...event }) => {
        const epoch = this.#offset.epochs + event.epoch;
        const step = this.#offset.steps + event.step;
        this.#epochs.push({
          ...event,
          epoch,
          step,
          boxes: layers,
          validation: validation ?? event.train,
        });
      },
    });
    if (this.#progress) trainer.restore(this.#progress);
    try {
      await trainer.run();
    } finally {
      this.#progress = trainer.progress;
    }
  }

  #epochsDone(): number {
    const perEpoch = Math.ceil(this.#options.train.length / this.#batchSize);
    return Math.ceil((this.#progress?.step ?? 0) / perEpoch);
  }

  async #report(running: boolean, failure?: string): Promise<void> {
    const layers = await this.#optimizer.measure();
    const step = this.step;
    this.#post({ running, step, ...(layers && { layers }), ...(failure && { failure }) });
  }

  #post(progress: Omit<Progress, 'steps' | 'epochs' | 'tensors' | 'bytes'>): void {
    const { numTensors: tensors, numBytes: bytes } = memory();
    const [steps, epochs] = [this.#steps, this.#epochs];
    [this.#steps, this.#epochs] = [[], []];
    this.#options.onProgress({ ...progress, steps, epochs, tensors, bytes });
  }
}

function ignore(): void {}
