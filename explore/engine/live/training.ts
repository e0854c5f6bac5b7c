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

/** The least time between two reports while the network learns, in milliseconds. */
const PAUSE = 150;

/** The number of epochs; a reader stops before. */
const EPOCHS = 1e6;

/**
 * A training that a reader starts and stops. Each run is a `Trainer` that continues from the
 * progress of the last one, so many short runs equal one long run.
 */
export class Training {
  readonly #options: TrainingOptions;
  readonly #optimizer: WatchedOptimizer;
  #batchSize: number;
  #progress: TrainingProgress | undefined;
  /** Steps and epochs of earlier batch sizes. */
  #offset = { steps: 0, epochs: 0 };
  #running: { readonly stop: AbortController; readonly ended: Promise<void> } | undefined;
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

  /** The number of steps done. */
  get step(): number {
    return this.#offset.steps + (this.#progress?.step ?? 0);
  }

  /** Changes the settings of the following steps. */
  async set({ learningRate, batchSize }: TrainingSettings): Promise<void> {
    await this.whilePaused(() => {
      this.#optimizer.learningRate = learningRate;
      if (this.#progress) this.#progress = { ...this.#progress, learningRate };
      if (batchSize === this.#batchSize) return;
      this.#batchSize = batchSize;
      // Another batch size begins a new epoch.
      const epochs = this.#offset.epochs + this.#epochsDone();
      this.#offset = { steps: this.step, epochs };
      this.#progress = undefined;
    });
  }

  /** Starts to learn, until `pause` or an error. */
  start(): void {
    if (this.#running) return;
    this.#optimizer.watching = false;
    const running = this.#launch(Infinity);
    this.#running = running;
    void running.ended.then(() => {
      if (this.#running === running) this.#running = undefined;
    });
  }

  /** Does one step, and measures it. */
  async oneStep(): Promise<void> {
    await this.pause();
    this.#optimizer.watching = true;
    await this.#launch(1).ended;
  }

  /** Stops after the current step. */
  async pause(): Promise<void> {
    const running = this.#running;
    if (running === undefined) return;
    running.stop.abort();
    await running.ended;
    this.#running = undefined;
  }

  /** Runs `body` between two steps, so that no weight changes meanwhile. */
  async whilePaused<T>(body: () => T | Promise<T>): Promise<T> {
    const wasRunning = this.isRunning;
    await this.pause();
    try {
      return await body();
    } finally {
      if (wasRunning) this.start();
    }
  }

  /** Disposes the network and what the optimizer keeps. */
  async dispose(): Promise<void> {
    await this.pause();
    this.#optimizer.forget();
    this.#options.network.dispose();
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
