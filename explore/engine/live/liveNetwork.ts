import type { ArrayDataset } from '../../../data/dataset.ts';
import { openWeights } from '../../../formats/openWeights.ts';
import { assignWeights } from '../../../formats/safetensors/assignWeights.ts';
import { AS_IT_IS } from '../../../formats/safetensors/fileLayout.ts';
import { torchLayout } from '../../../formats/torch/torchLayout.ts';
import { zeros } from '../../../lib/init/initializers.ts';
import { Rng } from '../../../lib/rng.ts';
import { lenet } from '../../../models/lenet.ts';
import type { Sequential } from '../../../modules/container/sequential.ts';
import type { StepLine } from '../../../report/runLines.ts';
import { readWeights, setWeights, type NetworkWeights } from '../../../train/networkWeights.ts';
import type { DigitSprites } from '../../plugins/sprite.ts';
import type { AdversarialTry } from '../../../inspect/closestAdversarial.ts';
import {
  answer,
  attend,
  makeIt,
  type Adversarial,
  type Answer,
  type Attention,
  type Pixels,
} from './analyse.ts';
import { judgeNetwork, type Verdicts } from './judge.ts';
import { loadDigits } from './loadDigits.ts';
import type { EpochPoint, LiveReport, Progress } from './progress.ts';
import { Training, type TrainingSettings } from './training.ts';

/** A digit from the test set. */
export interface Digit {
  readonly pixels: Pixels;
  readonly label: number;
}

/**
 * LeNet and its training. They run in a separate worker on the backend wasm, and all methods take
 * and return values that can be sent between threads.
 */
export class LiveNetwork {
  readonly #report: (report: LiveReport) => void;
  #data: { readonly train: ArrayDataset; readonly test: ArrayDataset } | undefined;
  #network: Sequential | undefined;
  #training: Training | undefined;
  #steps: StepLine[] = [];
  #epochs: EpochPoint[] = [];
  #failure: string | undefined;
  #search: AbortController | undefined;

  constructor(report: (report: LiveReport) => void) {
    this.#report = report;
  }

  /** Loads the digits. `base` is the URL of the page. */
  async load({ train, test }: DigitSprites, base: string): Promise<void> {
    this.#data = {
      train: await loadDigits('MNIST train', train, base),
      test: await loadDigits('MNIST test', test, base),
    };
  }

  /** Starts anew with random weights. */
  async begin(seed: number, settings: TrainingSettings): Promise<void> {
    await this.#training?.dispose();
    const network = lenet({ rng: new Rng(seed) });
    this.#network = network;
    [this.#steps, this.#epochs, this.#failure] = [[], [], undefined];
    const onProgress = (progress: Progress) => {
      this.#steps.push(...progress.steps);
      this.#epochs.push(...progress.epochs);
      this.#failure = progress.failure ?? this.#failure;
      this.#report({ training: progress });
    };
    const data = this.#loaded();
    this.#training = new Training({ network, ...data, seed, ...settings, onProgress });
  }

  /** Changes the settings for the following steps. */
  set(settings: TrainingSettings): Promise<void> {
    return this.#begun().training.set(settings);
  }

  /** Starts the training. */
  start(): void {
    this.#begun().training.start();
  }

  /** Pauses the training after the current step. */
  pause(): Promise<void> {
    return this.#begun().training.pause();
  }

  /** Makes one training step. */
  oneStep(): Promise<void> {
    return this.#begun().training.oneStep();
  }

  /**
   * Replaces the weights by those of a file that boxprop or PyTorch has written. A string is the
   * URL of such a file.
   */
  loadWeights(source: File | string): Promise<Record<string, string>> {
    return this.#paused(async (network) => {
      const { name, ...opened } = await openWeights(source);
      const layout =
        opened.format === 'PyTorch'
          ? torchLayout(network, this.#loaded().test.inputShape)
          : AS_IT_IS;
      return assignWeights(name, opened, network.params, layout);
    });
  }

  /** Returns a copy of the weights. */
  weights(): Promise<NetworkWeights> {
    return this.#paused(readWeights);
  }

  /** Returns a digit from the test set. */
  digit(index: number): Digit {
    const { test } = this.#loaded();
    const size = test.inputs.length / test.length;
    const bytes = test.inputs.slice(index * size, (index + 1) * size);
    return { pixels: Float32Array.from(bytes, (b) => b * test.scale), label: test.labels[index] };
  }

  /** Computes the scores of an image. */
  answer(pixels: Pixels): Promise<Answer> {
    return this.#paused((network) => answer(network, pixels));
  }

  /** Computes on which pixels the score of a class depends. */
  attend(pixels: Pixels, label?: number): Promise<Attention> {
    return this.#paused((network) => attend(network, pixels, label));
  }

  /**
   * Searches for the closest image for which the network predicts a given digit. The search uses a
   * copy of the weights, so the training continues at the same time. A search that is still running
   * is ended first.
   *
   * @returns undefined if there is no such image; `stopped` if `stopMakingIt` has ended the search.
   */
  async makeIt(pixels: Pixels, target: number): Promise<Adversarial | 'stopped' | undefined> {
    this.stopMakingIt();
    const search = new AbortController();
    this.#search = search;
    const weights = await this.weights();
    const network = lenet({ rng: new Rng(0), init: zeros });
    setWeights(network, weights, 'makeIt');
    const { signal } = search;
    const onTry = (tried: AdversarialTry) => this.#report({ search: tried });
    try {
      return await makeIt(network, pixels, { target, onTry, signal });
    } catch (error) {
      if (signal.aborted) return 'stopped';
      throw error;
    } finally {
      network.dispose();
    }
  }

  /** Ends the search of `makeIt`, if one is running. */
  stopMakingIt(): void {
    this.#search?.abort();
  }

  /** Judges the filters, the hidden units and the curves. */
  judge(): Promise<Verdicts> {
    const { train } = this.#loaded();
    const lines = {
      steps: this.#steps,
      epochs: this.#epochs,
      ...(this.#failure !== undefined && { failure: this.#failure }),
    };
    return this.#paused((network) => judgeNetwork(network, train, lines));
  }

  #paused<T>(body: (network: Sequential) => T | Promise<T>): Promise<T> {
    const { training, network } = this.#begun();
    return training.whilePaused(() => body(network));
  }

  #begun() {
    if (this.#training === undefined || this.#network === undefined) {
      throw new Error('expected a network, got none: call begin first');
    }
    return { training: this.#training, network: this.#network };
  }

  #loaded() {
    if (this.#data === undefined) throw new Error('expected digits, got none: call load first');
    return this.#data;
  }
}
