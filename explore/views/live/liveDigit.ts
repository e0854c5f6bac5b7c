import { signal } from '@preact/signals';
import type { Adversarial, Attention, Pixels } from '../../engine/live/analyse.ts';
import { coalesce } from './coalesce.ts';
import type { Lab } from './lab.ts';
import { centred, SIDE } from './pixels.ts';

/** The image that the network gets as input. */
export interface Shown {
  readonly pixels: Pixels;
  /** The correct answer, if the image is a test digit. */
  readonly label?: number;
}

/** The image that a reader has chosen or drawn, and the network's answer to it. */
export class LiveDigit {
  readonly shown = signal<Shown>({ pixels: new Float32Array(SIDE * SIDE) });
  /** The image as the reader has drawn it. It is centred before the network gets it. */
  readonly drawn = signal<Pixels | undefined>(undefined);
  readonly attention = signal<Attention | undefined>(undefined);
  readonly adversarial = signal<Adversarial | 'none' | 'searching' | undefined>(undefined);
  /** The number of training steps at the time when `adversarial` was found. */
  readonly fooledAt = signal(0);
  /** Computes the network's answer, after the image or the weights have changed. */
  readonly ask = coalesce(() => this.#lab.showingErrors(() => this.#ask()));
  readonly #lab: Lab;
  readonly #nothing = this.shown.value;

  constructor(lab: Lab) {
    this.#lab = lab;
  }

  /** The class for the cost: the correct answer if it is known, otherwise the network's answer. */
  get label(): number {
    return this.shown.value.label ?? this.attention.value?.answer.digit ?? 0;
  }

  /** Shows a digit from the test set. */
  async choose(index: number): Promise<void> {
    await this.#lab.showingErrors(async () => {
      const digit = await this.#lab.network.digit(index);
      this.drawn.value = undefined;
      await this.#show(digit);
    });
  }

  /** Shows an image that the reader has drawn or loaded. */
  draw(pixels: Pixels): Promise<void> {
    this.drawn.value = pixels;
    return this.#show({ pixels: centred(pixels) });
  }

  /** Searches for the closest image for which the network predicts a given digit. */
  async makeIt(target: number): Promise<void> {
    const { pixels } = this.shown.value;
    this.#lab.search.value = undefined;
    this.fooledAt.value = this.#lab.step.value;
    this.adversarial.value = 'searching';
    let found: Adversarial | 'none' | undefined;
    await this.#lab.showingErrors(async () => {
      const result = await this.#lab.network.makeIt(pixels, target);
      found = result === 'stopped' ? undefined : (result ?? 'none');
    });
    if (this.shown.value.pixels === pixels) this.adversarial.value = found;
  }

  /** Ends the search of `makeIt`. */
  stop(): Promise<void> {
    return this.#lab.showingErrors(() => this.#lab.network.stopMakingIt());
  }

  async #ask(): Promise<void> {
    // Until the first digit is loaded, there is no image for the network.
    if (this.shown.value === this.#nothing) return;
    this.attention.value = await this.#lab.network.attend(this.shown.value.pixels);
  }

  async #show(shown: Shown): Promise<void> {
    if (this.adversarial.value === 'searching') void this.stop();
    this.shown.value = shown;
    this.adversarial.value = undefined;
    await this.ask();
  }
}
