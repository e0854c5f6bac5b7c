import { signal } from '@preact/signals';
import type { RemoteEngine } from '../../engine/messages.ts';
import { Session } from '../../session.ts';
import { coalesce } from './coalesce.ts';
import type { Lab } from './lab.ts';
import type { LiveDigit } from './liveDigit.ts';
import { SIDE } from './pixels.ts';

/**
 * Shows the current weights and all values of the network for the chosen image, in double
 * precision.
 */
export class Inside {
  readonly session: Session;
  /** The number of the step whose weights are shown. */
  readonly step = signal<number | undefined>(undefined);
  /**
   * Updates the view to the current weights and image. If it is called several times while it runs,
   * it runs once more afterwards.
   */
  readonly refresh = coalesce(() => this.#lab.showingErrors(() => this.#open()));
  readonly #lab: Lab;
  readonly #digit: LiveDigit;

  constructor(engine: RemoteEngine, lab: Lab, digit: LiveDigit) {
    this.session = new Session(engine, 'live');
    this.#lab = lab;
    this.#digit = digit;
  }

  async #open(): Promise<void> {
    const { session } = this;
    const weights = await this.#lab.network.weights();
    const { value: step } = this.#lab.step;
    const values = Float64Array.from(this.#digit.shown.value.pixels);
    const { value: selected } = session.selected;
    await session.open({
      kind: 'network',
      architecture: 'lenet',
      weights,
      input: { shape: [1, SIDE, SIDE, 1], values },
      label: this.#digit.label,
    });
    this.step.value = step;
    if (selected) await session.select(selected);
  }
}
