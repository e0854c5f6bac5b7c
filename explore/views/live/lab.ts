import { computed, signal } from '@preact/signals';
import { messageOf } from '../../../lib/errors.ts';
import type { AdversarialTry } from '../../../inspect/closestAdversarial.ts';
import type { DigitSprites } from '../../plugins/sprite.ts';
import { remote } from '../../engine/client.ts';
import type { LiveNetwork } from '../../engine/live/liveNetwork.ts';
import type { LiveReport, Progress } from '../../engine/live/progress.ts';
import type { TrainingSettings } from '../../engine/live/training.ts';
import type { Remote } from '../../engine/messages.ts';
import { Curves } from './curves.ts';

/** The state of the training. */
export type Mode = 'loading' | 'paused' | 'running' | 'slow';

/** The shortest time between two steps in slow motion, in milliseconds. */
const SLOW = 1000;

/** The live network for the page. It has the worker, and makes its reports available as signals. */
export class Lab {
  readonly network: Remote<LiveNetwork>;
  readonly mode = signal<Mode>('loading');
  readonly progress = signal<Progress | undefined>(undefined);
  readonly layers = signal<Progress['layers']>(undefined);
  readonly curves = signal(new Curves());
  readonly error = signal<string | undefined>(undefined);
  /** The latest try of the search for an image that fools the network. */
  readonly search = signal<AdversarialTry | undefined>(undefined);
  /**
   * Is increased by 1 when the weights have changed and are not changing at the moment, so that the
   * page reads them again.
   */
  readonly version = signal(0);
  readonly step = computed(() => this.progress.value?.step ?? 0);
  /** Is awaited after each step in slow motion, so that the figures are updated in time. */
  afterStep: () => Promise<void> = () => Promise.resolve();
  #slow: number | undefined;

  constructor() {
    const worker = new Worker(new URL('../../engine/trainWorker.ts', import.meta.url), {
      type: 'module',
    });
    this.network = remote<LiveNetwork, LiveReport>(worker, (report) => {
      if ('search' in report) this.search.value = report.search;
      else this.#take(report.training);
    });
  }

  /** Loads the digits, and draws the initial weights at random. */
  async open(sprites: DigitSprites, seed: number, settings: TrainingSettings): Promise<void> {
    await this.attempt(async () => {
      await this.network.load(sprites, document.baseURI);
      await this.#begin(seed, settings);
    });
  }

  /** Draws new random weights, and clears the curves. */
  async restart(seed: number, settings: TrainingSettings): Promise<void> {
    this.#endSlow();
    await this.attempt(() => this.#begin(seed, settings));
  }

  async start(): Promise<void> {
    this.#endSlow();
    this.mode.value = 'running';
    await this.attempt(() => this.network.start());
  }

  async pause(): Promise<void> {
    this.#endSlow();
    this.mode.value = 'paused';
    await this.attempt(() => this.network.pause());
  }

  async oneStep(): Promise<void> {
    this.#endSlow();
    this.mode.value = 'paused';
    await this.attempt(() => this.network.oneStep());
  }

  /** Makes one step per second. */
  async slowMotion(): Promise<void> {
    await this.pause();
    this.mode.value = 'slow';
    const turn = async () => {
      const began = performance.now();
      await this.attempt(() => this.network.oneStep());
      await this.afterStep();
      if (this.mode.value !== 'slow') return;
      this.#slow = window.setTimeout(
        () => void turn(),
        Math.max(0, SLOW - (performance.now() - began)),
      );
    };
    await turn();
  }

  set(settings: TrainingSettings): Promise<void> {
    return this.attempt(() => this.network.set(settings));
  }

  /** Replaces the weights by those of a file. */
  async loadWeights(file: File): Promise<void> {
    await this.attempt(async () => {
      await this.network.loadWeights(file);
      this.version.value++;
    });
  }

  /**
   * Replaces the weights by those at a URL below the page, where `boxprop explore` serves them.
   * Other URLs are not accepted, because a link must not make the page send requests to other
   * hosts.
   */
  async fetchWeights(path: string): Promise<void> {
    await this.attempt(async () => {
      const url = new URL(path, document.baseURI);
      if (!url.href.startsWith(new URL('.', document.baseURI).href)) {
        throw new Error(`weights: expected an address below the page, got ${path}`);
      }
      await this.network.loadWeights(url.href);
      this.version.value++;
    });
  }

  async #begin(seed: number, settings: TrainingSettings): Promise<void> {
    await this.network.begin(seed, settings);
    this.curves.value = new Curves();
    this.progress.value = undefined;
    this.layers.value = undefined;
    this.mode.value = 'paused';
    this.version.value++;
  }

  #take(progress: Progress): void {
    this.progress.value = progress;
    this.curves.value = this.curves.value.with(progress);
    const layers = progress.layers ?? progress.epochs.at(-1)?.boxes;
    if (layers) this.layers.value = layers;
    if (progress.failure !== undefined) {
      this.error.value = progress.failure;
      this.#endSlow();
      this.mode.value = 'paused';
    }
    if (!progress.running) this.version.value++;
  }

  #endSlow(): void {
    window.clearTimeout(this.#slow);
    if (this.mode.value === 'slow') this.mode.value = 'paused';
  }

  /** Runs a task that the reader has requested, and hides the error of an earlier task. */
  attempt(body: () => Promise<unknown>): Promise<void> {
    this.error.value = undefined;
    return this.showingErrors(body);
  }

  /** Runs a task. If it throws an error, the error is shown. */
  async showingErrors(body: () => Promise<unknown>): Promise<void> {
    try {
      await body();
    } catch (error) {
      this.error.value = messageOf(error);
    }
  }
}
