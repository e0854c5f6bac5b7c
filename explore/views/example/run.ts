import { effect, signal, untracked } from '@preact/signals';
import type { RemoteEngine } from '../../engine/messages.ts';
import type { Snapshot } from '../../engine/snapshot.ts';
import { setState, state } from '../../router.ts';
import { Session } from '../../session.ts';
import { editsOf, editsText } from '../box/address.ts';
import { ETA, etaIn, FIRST, MOST, stepIn, UPDATE, updatesAt } from './steps.ts';

/**
 * The worked example at a certain step. It makes and undoes updates so that the numbers match the
 * step, and stores the step in the address.
 */
export class ExampleRun {
  readonly session: Session;
  /** A snapshot from before each update. */
  readonly history = signal<readonly Snapshot[]>([]);
  /** The numbers after the next update. The page shows them before the update is made. */
  readonly preview = signal<Snapshot | undefined>(undefined);
  /**
   * Resolves when the last move has ended. Moves run one after another, because the reader may
   * click while an earlier move is still being computed.
   */
  #moves = Promise.resolve();
  /** The learning rate with which the updates in `history` were made. */
  #eta = NaN;

  constructor(engine: RemoteEngine) {
    this.session = new Session(engine, 'example');
  }

  /** Opens what the address describes. Returns the function that closes it. */
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

  /** Goes to the step that `next` returns. `next` gets the current step. */
  goTo(next: (step: number) => number): void {
    this.#moves = this.#moves.then(() => {
      return this.#goTo(Math.min(MOST, Math.max(0, next(stepIn(state.value)))));
    });
  }

  /** Goes back to the first step, with the lecture's numbers. */
  restart(): void {
    this.#moves = this.#moves.then(async () => {
      this.history.value = [];
      setState({ step: '0', eta: undefined, edits: undefined });
      await this.session.open({ kind: 'example' });
      await this.#goTo(0);
    });
  }

  /** Returns whether the numbers are those on the slide. */
  isOfSlide(): boolean {
    return etaIn(state.value) === ETA && this.session.edits.value.size === 0;
  }

  async #goTo(step: number): Promise<void> {
    const { session } = this;
    const eta = etaIn(state.value);
    // If the learning rate has changed, all updates are made again.
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
   * Stores the numbers that the reader has changed in the address. If updates were made before the
   * change, the address must contain all parameters, because it does not contain the updates.
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
