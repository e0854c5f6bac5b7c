import { signal } from '@preact/signals';
import type { Adversarial, Attention, Pixels } from '../../engine/live/analyse.ts';
import { coalesce } from './coalesce.ts';
import type { Lab } from './lab.ts';
import { centred, SIDE } from './pixels.ts';

/** The image that the view shows to the network. */
export interface Shown {
  readonly pixels: Pixels;
  /** The right answer, if the image is a test digit. */
  readonly label?: number;
}

/** The image that a reader has chosen or drawn, and what the network says about it. */
export class LiveDigit {
  readonly shown = signal<Shown>({ pixels: new Float32Array(SIDE * SIDE) });
  /** The image as it was drawn; the network sees it centred. */
  readonly drawn = signal<Pixels | undefined>(undefined);
  readonly attention = signal<Attention | undefined>(undefined);
  readonly adversarial = signal<Adversarial | 'none' | 'searching' | undefined>(undefined);
  /** The number of training steps that had been done when `adversarial` was found. */
  readonly fooledAt = signal(0);
  /** Asks the network about the image, after the image or the weights have changed. */
  readonly ask = coalesce(() => this.#lab.showingErrors(() => this.#ask()));
  readonly #lab: Lab;
  readonly #nothing = this.shown.value;

  constructor(lab: Lab) {
    this.#lab = lab;
  }

  /** The class that the cost compares with: the right answer, or else the network's. */
  get label(): number {
    return this.shown.value.label ?? this.attention.value?.answer.digit ?? 0;
  }

  /** Shows a digit of the test set. */
  async choose(index: number): Promise<void> {
    await this.#lab.showingErrors(async () => {
      const digit = await this.#lab.network.digit(index);
      this.drawn.value = undefined;
      await this.#show(digit);
    });
  }

  /** Shows an image of the reader. */
  draw(pixels: Pixels): Promise<void> {
    this.drawn.value = pixels;
    return this.#show({ pixels: centred(pixels) });
  }

  /** Looks for the closest image that the network takes for a digit. */
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
    // Before the first digit is there, the network has nothing to look at.
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
