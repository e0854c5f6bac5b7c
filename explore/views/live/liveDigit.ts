import { signal } from '@preact/signals';
import type { Adversarial, Attention, Pixels } from '../../engine/live/analyse.ts';
import { coalesce } from './coalesce.ts';
import type { Lab } from './lab.ts';
import { centred, SIDE } from './pixels.ts';

/** The image that the view shows to the network. */
export interface Shown {
  readonly pixels: Pixels;
  /** The right answer, of a test digit. */
  readonly label?: number;
}

/** The image that a reader has chosen or drawn, and what the network says about it. */
export class LiveDigit {
  readonly shown = signal<Shown>({ pixels: new Float32Array(SIDE * SIDE) });
  /** The image as it was drawn; the network sees it centred. */
  readonly drawn = signal<Pixels | undefined>(undefined);
  readonly attention = signal<Attention | undefined>(undefined);
  readonly adversarial = signal<Adversarial | 'none' | 'searching' | undefined>(undefined);
  /** Asks the network about the image, after the image or the weights have changed. */
  readonly ask = coalesce(() => this.#lab.showingErrors(() => this.#ask()));
  readonly #lab: Lab;

  constructor(lab: Lab) {
    this.#lab = lab;
  }

  /** The class that the cost compares with: the right answer, or else the network's. */
  get label(): number {
    return this.shown.value.label ?? this.attention.value?.answer.digit ?? 0;
  }

  /** Shows a digit of the test set. */
  async choose(index: number): Promise<void> {
    this.drawn.value = undefined;
    await this.#show(await this.#lab.network.digit(index));
  }

  /** Shows an image of the reader. */
  draw(pixels: Pixels): Promise<void> {
    this.drawn.value = pixels;
    return this.#show({ pixels: centred(pixels) });
  }

  /** Looks for the closest image that the network takes for a digit. */
  async makeIt(target: number): Promise<void> {
    const { pixels } = this.shown.value;
    this.adversarial.value = 'searching';
    const found = await this.#lab.network.makeIt(pixels, target);
    if (this.shown.value.pixels === pixels) this.adversarial.value = found ?? 'none';
  }

  async #ask(): Promise<void> {
    this.attention.value = await this.#lab.network.attend(this.shown.value.pixels);
  }

  async #show(shown: Shown): Promise<void> {
    this.shown.value = shown;
    this.adversarial.value = undefined;
    await this.ask();
  }
}
