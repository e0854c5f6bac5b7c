import { effect, signal, untracked } from '@preact/signals';
import type { RemoteEngine } from '../../engine/messages.ts';
import type { Snapshot } from '../../engine/snapshot.ts';
import { setState, state } from '../../router.ts';
import { Session } from '../../session.ts';
import { editsOf, editsText } from '../box/address.ts';
import { ETA, etaIn, FIRST, MOST, stepIn, UPDATE, updatesAt } from './steps.ts';

/**
 * The worked example at a step. It makes and undoes updates so that the numbers belong to the step,
 * and keeps the step in the address.
 */
export class ExampleRun {
  readonly session: Session;
  /** The snapshots before each update. */
  readonly history = signal<readonly Snapshot[]>([]);
  /** The numbers after the next update, which the page shows before it is made. */
  readonly preview = signal<Snapshot | undefined>(undefined);
  /**
   * The end of the last move. A click may come while an earlier move is still being computed, so
   * moves run one after another.
   */
  #moves = Promise.resolve();
  /** The learning rate of the updates in `history`. */
  #eta = NaN;

  constructor(engine: RemoteEngine) {
    this.session = new Session(engine, 'example');
  }

  /** Opens what the address names; returns the function that closes it. */
  open(): () => void {
    const { session } = this;
    const edits = editsOf(state.value.get('edits') ?? '');
    this.#moves = session.open({ kind: 'example', edits });
    this.goTo((step) => step);
    const stop = effect(() => {
      const { value: changed } = session.edits;
      untracked(() => this.#follow(changed));
    });
    return () => {
      stop();
      void session.close();
    };
  }

  /** Goes to the step that `next` returns for the step shown. */
  goTo(next: (step: number) => number): void {
    this.#moves = this.#moves.then(() => {
      return this.#goTo(Math.min(MOST, Math.max(0, next(stepIn(state.value)))));
    });
  }

  /** Goes to the first step with the lecture's numbers. */
  restart(): void {
    this.#moves = this.#moves.then(async () => {
      this.history.value = [];
      setState({ step: '0', eta: undefined, edits: undefined });
      await this.session.open({ kind: 'example' });
      await this.#goTo(0);
    });
  }

  /** Whether the numbers are those of the slide. */
  isOfSlide(): boolean {
    return etaIn(state.value) === ETA && this.session.edits.value.size === 0;
  }

  async #goTo(step: number): Promise<void> {
    const { session } = this;
    const eta = etaIn(state.value);
    // With another learning rate, all updates are made again.
    const kept = eta === this.#eta ? updatesAt(step) : 0;
    const made = this.history.value;
    if (made.length > kept) {
      await session.restore(made[kept]);
      this.history.value = made.slice(0, kept);
    }
    this.#eta = eta;
    while (this.history.value.length < updatesAt(step)) {
      const { value: before } = session.snapshot;
      if (before === undefined) return;
      await session.step(-eta);
      if (session.error.value !== undefined) break;
      this.history.value = [...this.history.value, before];
    }
    const { length } = this.history.value;
    const reached = length < updatesAt(step) ? UPDATE + length : step;
    this.preview.value = reached === UPDATE ? await session.preview(-eta) : undefined;
    setState({ step: reached === FIRST ? undefined : String(reached) });
  }

  /**
   * Writes the numbers that the reader has changed into the address. If updates were made before
   * the change, the address must contain all parameters, because it does not contain the updates.
   */
  #follow(changed: ReadonlyMap<string, number>): void {
    if (editsText(changed) === (state.value.get('edits') ?? undefined)) return;
    if (this.history.value.length > 0) {
      this.history.value = [];
      this.session.editAllParams();
    }
    setState({ edits: editsText(this.session.edits.value) });
    this.goTo((step) => Math.min(step, FIRST));
  }
}
