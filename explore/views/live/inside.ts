import { signal } from '@preact/signals';
import type { RemoteEngine } from '../../engine/messages.ts';
import { Session } from '../../session.ts';
import { coalesce } from './coalesce.ts';
import type { Lab } from './lab.ts';
import type { LiveDigit } from './liveDigit.ts';
import { SIDE } from './pixels.ts';

/** The current weights under the microscope, in double precision, at the chosen image. */
export class Inside {
  readonly session: Session;
  /** The step whose weights are shown. */
  readonly step = signal<number | undefined>(undefined);
  /** Takes the current weights and image. Calls during the work become one call after it. */
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
